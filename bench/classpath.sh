# Sourced by the benchmarks with $here set: compiles the test helpers of `formats` and sets $java and $test_classpath.
. "$here/tools/jdk.sh"
find_jdk
find_maven
mkdir -p "$here/.build"
java=$JDK/bin/java
export JAVA_HOME=$JDK
(cd "$here" && mvn -B -q -ntp -pl core,formats test-compile dependency:build-classpath \
  -Dspotless.check.skip -Dmdep.includeScope=test -Dmdep.outputFile="$here/.build/bench.classpath" >"$here/.build/bench.log" 2>&1 </dev/null) || {
  echo "bench: Maven failed; its output is in $here/.build/bench.log" >&2
  exit 1
}
test_classpath=$here/formats/target/test-classes:$here/formats/target/classes:$here/core/target/classes:$(cat "$here/.build/bench.classpath")
