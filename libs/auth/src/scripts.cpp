#include "scripts.hpp"

#include <string>

namespace linekeeper::auth {

namespace script_text {
extern const char k_acquire[];
extern const char k_renew[];
extern const char k_release[];
extern const char k_seek[];
extern const char k_presence[];
extern const char k_commit[];
extern const char k_store[];
extern const char k_store_reseal[];
extern const char k_claim[];
extern const char k_unclaim[];
extern const char k_rights[];
}  // namespace script_text

namespace scripts {

const redis::Script& acquire() {
  static const redis::Script script(script_text::k_acquire);
  return script;
}
const redis::Script& renew() {
  static const redis::Script script(script_text::k_renew);
  return script;
}
const redis::Script& release() {
  static const redis::Script script(script_text::k_release);
  return script;
}
const redis::Script& presence() {
  static const redis::Script script(script_text::k_presence);
  return script;
}
const redis::Script& seek() {
  static const redis::Script script(script_text::k_seek);
  return script;
}
const redis::Script& commit() {
  static const redis::Script script(std::string("#!lua\n") + script_text::k_commit);
  return script;
}
const redis::Script& commit_when_full() {
  static const redis::Script script(std::string("#!lua flags=allow-oom\n") + script_text::k_commit);
  return script;
}
const redis::Script& store() {
  static const redis::Script script(script_text::k_store);
  return script;
}
const redis::Script& store_reseal() {
  static const redis::Script script(script_text::k_store_reseal);
  return script;
}
const redis::Script& claim() {
  static const redis::Script script(script_text::k_claim);
  return script;
}
const redis::Script& unclaim() {
  static const redis::Script script(script_text::k_unclaim);
  return script;
}
const redis::Script& rights() {
  static const redis::Script script(script_text::k_rights);
  return script;
}

}  // namespace scripts
}  // namespace linekeeper::auth
