# TAP, for the tests in shell: is GOT WANTED NAME. The caller sets number=0 before, and prints the plan, 1..$number, at its end.
is() {
  number=$((number + 1))
  if [[ $1 == "$2" ]]; then
    printf 'ok %s - %s\n' "$number" "$3"
  else
    printf 'not ok %s - %s\n# got:    %s\n# wanted: %s\n' "$number" "$3" "${1//$'\n'/$'\n# '}" "${2//$'\n'/$'\n# '}"
  fi
}
