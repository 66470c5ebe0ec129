# Sourced by fanin for `init`: which options of the JVM suit this processor.

# vector_flags [CPUINFO]: sets REPLY to what makes HotSpot use vectors of 512 bits where the processor has them and HotSpot would leave them
# unused, else to nothing. On servers of Skylake's kind (AVX-512 without VBMI) it holds UseAVX at 2, for such vectors lowered the clock there;
# drawing weights is faster by far all the same. Newer processors get them unasked, and where asking changes nothing it does no harm.
vector_flags() {
  REPLY=
  local line
  while IFS= read -r line; do
    [[ $line == flags* ]] || continue
    line="$line "
    [[ $line == *' avx512f '* && $line == *' avx512bw '* && $line == *' avx512dq '* && $line == *' avx512vl '* && $line != *' avx512vbmi '* ]] &&
      REPLY=-XX:UseAVX=3
    return 0
  done 2>/dev/null <"${1:-/proc/cpuinfo}"
  return 0
}
