#!/usr/bin/env bash
# No program loads a library from where its user stands: every entry of the search path of everything that is built and installed is a
# directory of its own name.
set -uo pipefail
cmake=$1
build=$2
command -v readelf >/dev/null || { echo "skipped: no readelf"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() { echo "FAILED: $1"; failures=$((failures + 1)); }
"$cmake" --install "$build" --prefix "$work/prefix" >"$work/log" 2>&1 || { cat "$work/log"; echo "FAILED: cmake --install"; exit 1; }

looked_at=0
while IFS= read -r file; do
  [[ $(head -c 4 "$file" | tail -c 3) == ELF ]] || continue
  looked_at=$((looked_at + 1))
  while IFS= read -r path; do
    while IFS= read -r -d: entry; do
      [[ $entry == /* || $entry == '$ORIGIN'* ]] || fail "$file: '$entry' in '$path'"
    done <<<"$path:"
  done < <(readelf -d "$file" | sed -nE 's/.*\((RUNPATH|RPATH)\).*\[(.*)\]/\2/p')
done < <(find "$build" "$work/prefix" -type f \( -perm /111 -o -name '*.so*' \) -not -path '*/CMakeFiles/*')
[[ $looked_at -ge 20 ]] || fail "only $looked_at programs were found"

# What would be loaded from here is no library at all.
mkdir "$work/here"
for name in $(ldd "$build/apq" | awk '/=>/ {print $1}'); do echo 'not a library' >"$work/here/$name"; done
for apq in "$build/apq" "$work/prefix/bin/apq"; do
  (cd "$work/here" && env -u LD_LIBRARY_PATH "$apq" --version >/dev/null) || fail "$apq loads libraries from where one stands"
done
echo "$looked_at programs and libraries"
[[ $failures -eq 0 ]]
