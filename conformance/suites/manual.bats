#!/usr/bin/env bats
# bats file_tags=long
# What is said about the command: its help, its manual page, and what shells complete.

load ../lib/suite

cli=$conformance/../cli
verbs=(check gate info map)

# help_options VERB: the long options of a verb.
help_options() {
    "$REFCOW" "$1" --help | grep -o -- '^\(-[a-zA-Z],\|   \) --[a-z-]*' | grep -o -- '--.*' | sort -u
}

# manual VERB: the part of the page that is about it.
manual() {
    awk -v verb="$1" '/^\.S[sh]/ {inside = $0 == ".Ss refcow " verb} inside' "$cli/refcow.1"
}

# The gate has more options than that.
@test "help fits a screen of 24 lines and 80 columns" {
    local verb most
    for verb in "${verbs[@]}" ''; do
        # shellcheck disable=SC2086 # no verb is no word
        run -0 "$REFCOW" $verb --help
        most=$([ "$verb" = gate ] && echo 30 || echo 24)
        [ "${#lines[@]}" -le "$most" ] || fail "${#lines[@]} lines"
        [ "$(wc -L <<<"$output")" -le 80 ] || fail "$(awk 'length > 80' <<<"$output")"
    done
}

@test "the manual page has every option of each verb, and no other" {
    local verb
    run -0 mandoc -Tlint -W warning "$cli/refcow.1"
    assert_output ''
    for verb in "${verbs[@]}"; do
        [ "$(help_options "$verb" | wc -l)" -gt 5 ]
        # -h and --help stand once, for all of them
        { manual "$verb" | grep -o -- 'Fl -[a-z-]*' | sed 's/Fl -/--/'; echo --help; } | sort -u >"$verb.manual"
        help_options "$verb" | diff - "$verb.manual" || fail "$verb"
        awk -v verb="$verb" '/^\.Nm/ {inside = 0} $1 == ".Cm" && $2 == verb {inside = 1} /^\.Sh DESC/ {exit} inside' \
            "$cli/refcow.1" | grep -o -- 'Fl -[a-z-]*' >"$verb.synopsis"
        sed 's/Fl -/--/' "$verb.synopsis" | while read -r option; do
            grep -qxe "$option" "$verb.manual" || fail "$verb: $option"
        done
    done
}

@test "the manual page explains every letter of the map" {
    jq -r '.["$defs"].owner.enum[]' "$conformance/schemas/map-record.json" >in-schema
    manual map | sed -n 's/^\.It Sy .* Pq \([a-z0-9-]*\)$/\1/p' | diff in-schema -
}

# table_words FILE: what stands in backquotes in the first columns of its tables.
table_words() {
    # shellcheck disable=SC2016 # backquotes
    sed -n 's/^| \(`[^|]*\) | .*/\1/p' "$1" | grep -o '`[a-z0-9-]*`' | tr -d '`' | sort -u
}

@test "the manual page and the README explain every situation and every note" {
    sed -n '/^} rows\[] = {/,/^};/p' "$cli/run/situation.c" | grep -oE '\{"[a-z0-9-]+",' | tr -d '{",' | sort -u >situations
    [ "$(wc -l <situations)" -ge 20 ]
    sed -n '/^.Sh SITUATIONS/,/^.El/ s/^.It Cm //p' "$cli/refcow.1" | sed 's/ , /\n/g' | sort | diff situations -
    "$REFCOW" check --list help | awk -F'\t' '$2 == "note" {print $1}' | sort >notes
    [ "$(wc -l <notes)" -ge 8 ]
    sed -n '/^.Sh SITUATIONS/,/^.Sh SIGNALS/ s/^.It Sy //p' "$cli/refcow.1" | sed 's/ , /\n/g' | sort | diff notes -
    table_words "$cli/README.md" >words
    comm -23 <(sort -u situations notes) words | diff /dev/null -
}

@test "--list help names all that can be listed" {
    run -0 "$REFCOW" check --list help
    assert_equal "${lines[0]%%$'\t'*} ${lines[-1]%%$'\t'*}" 'all overlapping'
    while IFS=$'\t' read -r name severity text; do
        [[ $severity =~ ^(any|corruption|leak|check-error|note)$ && -n $text ]] || fail "$name"
        run -0 "$REFCOW" check -q --list "$name" "$conformance/../corpus/seeds/v2-written.qcow2"
    done < <("$REFCOW" check --list help)
}

# ------------------------------------------------------------------ completion

# in_bash WORD...: what bash completes the last word to.
in_bash() {
    # shellcheck disable=SC2016 # for the other bash
    PATH=${REFCOW%/*}:$PATH bash -c '
        . /usr/share/bash-completion/bash_completion
        . "$1"
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE=$* COMP_POINT=${#COMP_LINE}
        _refcow refcow
        printf "%s\n" "${COMPREPLY[@]}"' bash "$cli/completion/refcow.bash" "$@" | sort -u
}

# in_fish LINE
in_fish() {
    # shellcheck disable=SC2016 # for fish
    PATH=${REFCOW%/*}:$PATH HOME=$BATS_TEST_TMPDIR fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \
        "$cli/completion/refcow.fish" "$1" | cut -f1 | sort -u
}

# in_zsh LINE: what stands on a real terminal after two presses of the key.
in_zsh() {
    PATH=${REFCOW%/*}:$PATH zsh -f "$conformance/lib/complete.zsh" "$cli/completion" "$1"
}

@test "bash and fish complete verbs, every option, and its values" {
    local verb values
    assert_equal "$(in_bash refcow '' | grep -v '^-' | xargs)" "${verbs[*]}"
    assert_equal "$(in_fish 'refcow ' | xargs)" "${verbs[*]}"
    for verb in "${verbs[@]}"; do
        in_bash refcow "$verb" -- | diff - <(help_options "$verb")
        in_fish "refcow $verb --" | diff - <(help_options "$verb")
        # The first of them are taken, the others are not.
        for values in $(in_bash refcow "$verb" --output ''); do
            assert_equal "$(in_fish "refcow $verb --output $values" | grep -xe "$values")" "$values"
            run "$REFCOW" "$verb" --output "$values" "$conformance/../corpus/seeds/v2-written.qcow2"
            [ "$status" -eq 0 ] || fail "$verb --output $values: $output"
        done
        [ -n "$values" ]
    done
    # How qemu-img opens the image: the same modes by all names.
    values=$(in_bash refcow check --cache '' | xargs)
    assert_equal "$values" 'directsync none off unsafe writeback writethrough'
    assert_equal "$(in_bash refcow check -T '' | xargs)" "$values"
    assert_equal "$(in_fish 'refcow check --cache ' | xargs)" "$values"
    assert_equal "$(in_fish 'refcow check -T ' | xargs)" "$values"
    assert_equal "$(manual check | sed -n '/Fl T Ar mode/,/^\.Nm/ s/^\.Cm \([a-z]*\).*/\1/p' | sort | xargs)" "$values"
    for values in $values; do
        run -0 "$REFCOW" check -q --cache "$values" "$conformance/../corpus/seeds/v2-written.qcow2"
    done
    values='corrupt leaks not-judged'
    assert_equal "$(in_bash refcow check --fail-on '' | xargs)" "$values"
    assert_equal "$(in_fish 'refcow check --fail-on ' | xargs)" "$values"
    assert_equal "$(manual check | sed -n '/^\.It Fl -fail-on/,/^\.El/ s/^\.It Cm //p' | xargs)" "$values"
    for values in all help leaked; do
        in_bash refcow check --list "" | grep -xe "$values"
        in_fish "refcow check --list " | grep -xe "$values"
    done
    values='backing-fdset backing-file backing-format-missing'
    assert_equal "$(in_bash refcow gate --allow backing-f | xargs)" "$values"
    assert_equal "$(in_fish 'refcow gate --allow backing-f' | xargs)" "$values"
    assert_equal "$(in_bash refcow gate --allow mag)" '' # cannot be allowed
    touch image.qcow2
    assert_equal "$(in_bash refcow check im)" image.qcow2
    assert_equal "$(in_fish 'refcow check im')" image.qcow2
}

@test "zsh completes verbs, options and values" {
    assert_equal "$(in_zsh 'refcow ch')" 'refcow check'
    assert_equal "$(in_zsh 'refcow check --tim')" 'refcow check --timeout'
    assert_equal "$(in_zsh 'refcow map --color=al')" 'refcow map --color=always'
    assert_equal "$(in_zsh 'refcow info --output b')" 'refcow info --output bodyfile'
    assert_equal "$(in_zsh 'refcow gate --allow backing-form')" 'refcow gate --allow backing-format-missing'
    assert_equal "$(in_zsh 'refcow check --list too')" 'refcow check --list too-many-references'
    assert_equal "$(in_zsh 'refcow check --cache writet')" 'refcow check --cache writethrough'
    assert_equal "$(in_zsh 'refcow check -T dir')" 'refcow check -T directsync'
    assert_equal "$(in_zsh 'refcow check --fail-on not')" 'refcow check --fail-on not-judged'
    touch image.qcow2
    assert_equal "$(in_zsh 'refcow check im')" 'refcow check image.qcow2'
}
