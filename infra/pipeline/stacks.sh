#!/usr/bin/env bash
# stacks.sh: prints the stacks of this repository as a JSON list, one for each file Pulumi.STACK.yaml.
set -euo pipefail
shopt -s nullglob

names=()
for file in Pulumi.*.yaml; do
  name=${file#Pulumi.}
  name=${name%.yaml}
  if [[ ! $name =~ ^[A-Za-z0-9_.-]{1,100}$ ]]; then
    printf '%q does not name a valid stack: use letters, digits, ".", "_" and "-", at most 100. Rename the file. [DBK-CI-3]\n' "$file" >&2
    exit 1
  fi
  names+=("\"$name\"")
done
if [ "${#names[@]}" -eq 0 ]; then
  echo "No stack: there is no file Pulumi.STACK.yaml in $PWD. Make one: pulumi stack init STACK [DBK-CI-3]" >&2
  exit 1
fi
(IFS=, && printf '[%s]\n' "${names[*]}")
