#!/usr/bin/env bash
# Ranks get items of a counter on another node while rank 0 computes. Nodes are told apart by nothing but the transport,
# so Open MPI 4 is made to use its one-sided calls over TCP, which need the target's help; where it lacks that component
# (Open MPI 5), its default.
set -uo pipefail
mpiexec=$1
program=$2
if command -v ompi_info >/dev/null && ompi_info 2>/dev/null | grep -q 'MCA osc: pt2pt'; then
  export OMPI_MCA_osc=pt2pt OMPI_MCA_btl=tcp,self
fi
output=$(timeout 60 "$mpiexec" -n 2 "$program" claim) || { echo "FAILED: ended with $?"; exit 1; }
echo "$output"
[[ $output == "rank 0 got 0 items,"* ]] || { echo "FAILED: the other rank waited for rank 0"; exit 1; }
