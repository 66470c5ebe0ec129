# Sourced by fanin and verify: finds the tools the build needs. No function prints to standard output.

# jdk_major HOME: sets REPLY to the major version of the JDK there (0: no JDK), without starting it if its release file tells.
jdk_major() {
  local line
  REPLY=0
  [[ -x $1/bin/java && -x $1/bin/javac ]] || return 0
  if [[ -r $1/release ]]; then
    while IFS= read -r line; do
      if [[ $line =~ ^JAVA_VERSION=\"?([0-9]+) ]]; then
        REPLY=${BASH_REMATCH[1]}
        return 0
      fi
    done <"$1/release"
  fi
  line=$("$1/bin/java" -version 2>&1 </dev/null)
  [[ $line =~ version\ \"([0-9]+) ]] && REPLY=${BASH_REMATCH[1]}
  return 0
}

# find_jdk: sets JDK to the home of a JDK 25 or newer, or says in one line what to install and exits 2.
find_jdk() {
  local candidate path_java=
  if path_java=$(command -v java); then
    candidate=$(readlink -f "$path_java" 2>/dev/null) && path_java=$candidate
    path_java=${path_java%/bin/java}
  fi
  for candidate in "${JAVA_HOME:-}" "$path_java" /usr/lib/jvm/* "${SDKMAN_DIR:-$HOME/.sdkman}"/candidates/java/* \
    /opt/* /opt/*/libexec/openjdk.jdk/Contents/Home /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home; do
    [[ -n $candidate ]] || continue
    jdk_major "$candidate"
    if ((REPLY >= 25)); then
      JDK=$candidate
      return 0
    fi
  done
  echo "fanin: no JDK 25 or newer found; install one (Temurin 25, say) or point JAVA_HOME at it" >&2
  exit 2
}

# find_maven: exits 2 with one line if there is no mvn.
find_maven() {
  command -v mvn >/dev/null && return 0
  echo "fanin: no mvn found; install Apache Maven 3.8 or newer: Fanin builds itself with it" >&2
  exit 2
}
