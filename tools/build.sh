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
  local why="first run only"
  [[ -e $build/current ]] && why="sources or JDK changed"
  echo "building Fanin ($why)…" >&2
  local run
  run=$(mktemp -d "$build/run.XXXXXX") || exit 1
  : >"$run/started"
  # Standard input belongs to the command that comes after: fanin check - < MODEL.
  # FANIN_MVN_OPTS: -Dtorch.flavour=-gpu and the like, see docs/measure.md. Without libtorch everything but measuring works.
  local torch=$build/maven/fanin-torch
  rm -f "$torch"/fanin-torch-*.jar "$torch/native.classpath"
  # shellcheck disable=SC2086
  if ! (cd "$root" && JAVA_HOME=$JDK mvn -B -q -ntp -fae -Dstyle.color=never -Dfanin.quick \
    -Dtorch.platform="$(torch_platform)" ${FANIN_MVN_OPTS:-} package) \
    </dev/null >"$build/build.log" 2>&1 9>&- && ! only_torch_is_missing; then
    rm -rf "$run"
    grep -a '^\[ERROR\]' "$build/build.log" | head -n 20 >&2
    echo "fanin: the build failed; all of Maven's output is in $build/build.log" >&2
    exit 1
  fi
  mkdir "$run/lib" && cp "$build"/maven/fanin-app/fanin-app-*.jar "$build"/maven/fanin-app/lib/*.jar "$run/lib/" || exit 1
  local jar class_path=
  for jar in "$run"/lib/*.jar; do class_path=$class_path${class_path:+:}$jar; done
  if [[ -s $torch/native.classpath ]]; then
    # Last: nothing but a measurement looks in there.
    mkdir "$run/torch" && cp "$torch"/fanin-torch-*.jar "$run/torch/" || exit 1
    for jar in "$run"/torch/*.jar; do class_path=$class_path:$jar; done
    class_path=$class_path:$(<"$torch/native.classpath")
  fi
  train "$run" "$class_path"
  release_of "$JDK"
  printf '%s\n' "$root" "${JAVA_HOME:-}" "$JDK" "$REPLY" "$run" "$class_path" >"$build/current.new"
  # Its time is when the build started: what was saved while Maven ran counts as newer.
  touch -r "$run/started" "$build/current.new" && mv "$build/current.new" "$build/current"
  forget_old_runs "$run"
}

# As Bytedeco names it. Elsewhere any will do: it does not load, and Fanin predicts only.
torch_platform() {
  case $(uname -s)-$(uname -m) in
    Darwin-arm64) echo macosx-arm64 ;;
    MINGW* | MSYS*) echo windows-x86_64 ;;
    *) echo linux-x86_64 ;;
  esac
}

# The one failure that a build survives: libtorch's jars (110 MB) are not at hand and cannot be fetched.
only_torch_is_missing() {
  grep -aq 'Could not resolve dependencies for project org.fanin:fanin-torch' "$build/build.log" || return 1
  grep -a '^\[ERROR\] Failed to execute goal' "$build/build.log" | grep -qv fanin-torch && return 1
  echo "fanin: built without libtorch, so nothing is measured: $build/build.log says why" >&2
}

# A training run writes the AOT cache: the classes of a check, loaded and linked. Without it Fanin only starts slower.
train() {
  local out=$1/training
  mkdir "$out"
  "$JDK/bin/java" "${JVM_FLAGS[@]}" -XX:AOTCacheOutput="$1/fanin.aot" -cp "$2" org.fanin.app.Training \
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
