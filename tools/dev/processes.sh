# Sourced by ./dev demo: numbered steps, programs in the background, waiting in sight of the user.
# Needs common.sh, and in WORK a temp folder; logs go to $LOGS, one file a program.
export LC_ALL=C.UTF-8
LOGS=$WORK/logs
mkdir -p "$LOGS"

PROGRAMS=() # "name pid", in the order of their start
STEP=0
STEPS=0
STEP_NAME=start
STARTED=${EPOCHREALTIME//[!0-9]/}

# Seconds since the start, with one decimal.
elapsed() {
  local tenths=$(((${EPOCHREALTIME//[!0-9]/} - STARTED) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

step() {
  STEP=$((STEP + 1))
  STEP_NAME=$1
  printf '\033[1m[%d/%d] %6s s  %s\033[0m\n' "$STEP" "$STEPS" "$(elapsed)" "$1"
}
note() { printf '                %s\n' "$*"; }

# Where a terminal is, one line that is written over; elsewhere a line now and then, $2 seconds apart.
progress() {
  if [ -t 1 ]; then
    printf '\r\033[K                \033[2m%s\033[0m' "${1:0:100}"
  elif [ $((SECONDS - ${PROGRESS_AT:--1000})) -ge "${2:-5}" ]; then
    PROGRESS_AT=$SECONDS
    note "$1"
  fi
}
progress_end() {
  PROGRESS_AT=
  if [ -t 1 ]; then printf '\r\033[K'; fi
}

# fail_with LOG SENTENCE…: ends the demo; the trap stops the programs and keeps the logs.
fail_with() {
  local log=$LOGS/$1.log
  shift
  progress_end
  printf '\n\033[1merror in step %d (%s): %s\033[0m\n' "$STEP" "$STEP_NAME" "$*" >&2
  if [ -s "$log" ]; then
    printf -- '--- the end of %s:\n' "$log" >&2
    tail -n 25 "$log" >&2
  fi
  exit 1
}

free_port() {
  local port
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 10000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  return 1
}

# background NAME COMMAND…: standard output to NAME.out, the rest to NAME.log. In a session of its own, so that Ctrl-C
# reaches us alone and we stop things in order; ended by the kernel should this shell be killed.
background() {
  local name=$1
  shift
  setsid setpriv --pdeathsig TERM -- "$@" >"$LOGS/$name.out" 2>"$LOGS/$name.log" </dev/null &
  PROGRAMS+=("$name $!")
}

# Fails if a program has ended by itself.
all_alive() {
  local entry
  for entry in "${PROGRAMS[@]}"; do
    kill -0 "${entry#* }" 2>/dev/null || fail_with "${entry% *}" "${entry% *} has ended unexpectedly"
  done
}

# await SECONDS LOG WHAT COMMAND…: until COMMAND succeeds. What it printed is then in $FOUND; before, it is shown as the
# reason to wait.
await() {
  local limit=$1 log=$2 what=$3 from=$SECONDS
  shift 3
  until FOUND=$("$@"); do
    all_alive
    [ $((SECONDS - from)) -lt "$limit" ] || fail_with "$log" "waited $limit s for $what${FOUND:+ ($FOUND)}"
    progress "waiting for $what … $((SECONDS - from)) s${FOUND:+ ($FOUND)}"
    sleep 0.2
  done
  progress_end
}

# Last started, first stopped: a worker says goodbye while the others still answer.
stop_all() {
  local i pid
  for ((i = ${#PROGRAMS[@]} - 1; i >= 0; --i)); do
    pid=${PROGRAMS[i]#* }
    kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null || continue # with its children, if it has any
    for _ in {1..150}; do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  PROGRAMS=()
}
