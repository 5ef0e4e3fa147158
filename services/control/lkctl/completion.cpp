#include "completion.hpp"

namespace linekeeper::lkctl {
namespace {

constexpr std::string_view kBash = R"sh(# source <(lkctl completion bash)
_lkctl() {
  local word=${COMP_WORDS[COMP_CWORD]} verb= i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in -*) ;; *) verb=${COMP_WORDS[i]}; break ;; esac
  done
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "--server --token-file --tls --tls-ca --certificate --key --timeout --output --help" -- "$word")
  elif [[ -z $verb ]]; then
    mapfile -t COMPREPLY < <(compgen -W "pair status list watch send reset logout connect disconnect check command doctor completion" -- "$word")
  elif [[ $verb == completion ]]; then
    mapfile -t COMPREPLY < <(compgen -W "bash zsh" -- "$word")
  elif [[ $verb != list && $verb != doctor ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(lkctl --timeout 2 list 2>/dev/null | awk 'NR > 1 { print $1 }')" -- "$word")
  fi
}
complete -F _lkctl lkctl
)sh";

constexpr std::string_view kZsh = R"sh(#compdef lkctl
# source <(lkctl completion zsh)
autoload -U +X bashcompinit && bashcompinit
)sh";

}  // namespace

std::string completion(std::string_view shell) {
  if (shell == "bash") return std::string(kBash);
  if (shell == "zsh") return std::string(kZsh).append(kBash.substr(kBash.find('\n') + 1));
  return {};
}

}  // namespace linekeeper::lkctl
