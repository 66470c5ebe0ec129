# Sourced by fanin when there is no build or the sources are newer than it. Wants $root; leaves $root/.build/current.

. "$root/tools/jdk.sh"

# One builder at a time; whoever waited finds the work done.
locked_build() {
  if ! mkdir -p "$build" || ! [[ -w $build ]]; then
    echo "fanin: cannot write $build, where Fanin keeps its build" >&2
    exit 1
  fi
  if command -v flock >/dev/null; then
    exec 9>"$build/lock"
    flock 9
  else
    local owner
    until mkdir "$build/lock.d" 2>/dev/null; do
      owner=$(cat "$build/lock.d/pid" 2>/dev/null)
      [[ -n $owner ]] && ! kill -0 "$owner" 2>/dev/null && rm -rf "$build/lock.d"
      sleep 0.5
    done
    trap 'rm -rf "$build/lock.d"' EXIT
    echo $$ >"$build/lock.d/pid"
  fi
  is_fresh || build_and_install
}

build_and_install() {
  find_jdk
  find_maven
  torch_platform
  local why="first run only"
  [[ -e $build/current ]] && why="sources, JDK or libtorch changed"
  local jars=("$HOME/.m2/repository/org/bytedeco/pytorch"/*/pytorch-*-"$REPLY"*.jar)
  [[ -e ${jars[0]} ]] || why="$why; fetches libtorch, 110 MB"
  echo "building Fanin ($why)…" >&2
  local run
  run=$(mktemp -d "$build/run.XXXXXX") || exit 1
  : >"$run/started"
  run_maven "$REPLY" || {
    rm -rf "$run"
    exit 1
  }
  local made=$build/maven
  mkdir "$run/lib" && cp "$made"/fanin-app/fanin-app-*.jar "$made"/fanin-app/lib/*.jar "$run/lib/" || exit 1
  local natives=
  if [[ -s $made/fanin-torch/native.classpath ]]; then
    cp "$made"/fanin-torch/fanin-torch-*.jar "$run/lib/" || exit 1
    natives=$(<"$made/fanin-torch/native.classpath")
  fi
  local jar class_path=
  for jar in "$run"/lib/*.jar; do class_path=$class_path${class_path:+:}$jar; done
  train "$run" fanin "$class_path"
  if [[ -n $natives ]]; then
    (torch_flags && train "$run" fanin-measure "$class_path:$natives")
  fi
  release_of "$JDK"
  printf '%s\n' "$root" "${JAVA_HOME:-}" "$JDK" "$REPLY" "$run" "$class_path" "$natives" "${FANIN_MVN_OPTS:-}" >"$build/current.new"
  # Its time is when the build started: what was saved while Maven ran counts as newer.
  touch -r "$run/started" "$build/current.new" && mv "$build/current.new" "$build/current"
  forget_old_runs "$run"
}

# torch_platform: sets REPLY to this machine's name among Bytedeco's libraries. There may be none for it.
torch_platform() {
  local os arch
  os=$(uname -s)
  arch=$(uname -m)
  case $os in
    Darwin) os=macosx ;;
    *) os=$(tr '[:upper:]' '[:lower:]' <<<"$os") ;;
  esac
  case $arch in
    amd64) arch=x86_64 ;;
    aarch64) arch=arm64 ;;
  esac
  REPLY=$os-$arch
}

# commit: sets REPLY to the commit of this tree, with -dirty when sources differ from it; empty without git, or where only a folder above is git's.
commit() {
  REPLY=
  command -v git >/dev/null || return 0
  [[ $(git -C "$root" rev-parse --show-toplevel 2>/dev/null) == "$root" ]] || return 0
  REPLY=$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null) || return 0
  [[ -z $(git -C "$root" status --porcelain -- pom.xml '*/pom.xml' '*/src/main' 2>/dev/null) ]] || REPLY+=-dirty
}

# run_maven PLATFORM: the jars. The module torch may fail, for want of libtorch: Fanin then predicts only. Anything else ends the build.
run_maven() {
  local made=$build/maven platform=$1 more=()
  commit
  [[ -n ${FANIN_MVN_OPTS:-} ]] && IFS=$' \t\n' read -r -d '' -a more <<<"$FANIN_MVN_OPTS"
  rm -rf "$made"/fanin-app/*.jar "$made"/fanin-app/lib "$made"/fanin-torch/*.jar "$made/fanin-torch/native.classpath"
  # Standard input belongs to the command that comes after: fanin check - < MODEL.
  (cd "$root" && JAVA_HOME=$JDK mvn -B -q -ntp -fae -Dstyle.color=never -Dfanin.quick -Dtorch.platform="$platform" -Dfanin.commit="$REPLY" \
    ${more[@]+"${more[@]}"} package) </dev/null >"$build/build.log" 2>&1 9>&- && return 0
  local app=("$made"/fanin-app/fanin-app-*.jar)
  if [[ -e ${app[0]} ]] && ! grep -aq 'COMPILATION ERROR' "$build/build.log"; then
    rm -f "$made/fanin-torch/native.classpath"
    echo "fanin: Maven cannot get libtorch for $platform (rm -r $build tries again): this build predicts and does not measure" >&2
    return 0
  fi
  grep -a '^\[ERROR\]' "$build/build.log" | head -n 20 >&2
  echo "fanin: the build failed; all of Maven's output is in $build/build.log" >&2
  return 1
}

# train RUN NAME CLASS_PATH: a training run writes an AOT cache: the classes of every command, loaded and linked. Without it Fanin only
# starts slower. Two caches, for all classes of a cache are linked at every start, and libtorch has thousands.
train() {
  local out=$1/training
  mkdir "$out"
  "$JDK/bin/java" "${JVM_FLAGS[@]}" -XX:AOTCacheOutput="$1/$2.aot" -cp "$3" org.fanin.app.Training \
    "$root/examples" "$out" </dev/null >"$out/log" 2>&1 9>&-
  rm -rf "$out"
}

# Earlier builds go, but for those of the last day: a long run may still load classes from one.
forget_old_runs() {
  find "$build" -maxdepth 1 -name 'run.*' ! -path "$1" -mtime +0 -exec rm -rf {} + 2>/dev/null
  return 0
}

(locked_build) || exit
is_fresh || {
  echo "fanin: the sources are changing while Fanin builds; try again" >&2
  exit 1
}
