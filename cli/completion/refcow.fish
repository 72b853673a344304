# fish completion for refcow. What there is to complete is asked from the command, so that it cannot be out of date.

# Words of "--option one|two" in a verb's help.
function __refcow_values # VERB OPTION
    refcow $argv[1] --help | string match -rg -- "$argv[2] ([a-z0-9|-]+)[,.]* " | string split '|'
end

function __refcow_kinds
    echo help
    refcow check --list help | string replace -r '\t.*\t' '\t'
end

function __refcow_rules
    refcow gate --list-rules | awk -F'\t' '$3 == "--allow" {print $1 "\t" $5}'
end

# One option of a verb, from its line in the help: an argument stands behind the name, one space away.
function __refcow_complete_option # VERB LINE
    set -l name (string match -rg -- '--([a-z0-9-]+)' $argv[2])
    set -l short (string match -rg -- '^-([a-zA-Z]),' $argv[2])
    set -l words -c refcow -n "__fish_seen_subcommand_from $argv[1]" -l $name
    set -a words -d (string match -rg -- '--[^ ]+(?: [^ ]+)? +(.*)' $argv[2])
    test -n "$short"; and set -a words -s $short
    switch $name
        case list
            set -a words -x -a '(__refcow_kinds)'
        case allow
            set -a words -x -a '(__refcow_rules)'
        case policy
            set -a words -r -F
        case '*'
            string match -qr -- '--[^ ]+ [^ ]' $argv[2]; and set -a words -x -a "(__refcow_values $argv[1] --$name)"
    end
    complete $words
end

for line in (refcow --help | string match -r '^  [a-z]+  .*')
    set -l row (string match -rg '^  ([a-z]+) +(.*)' $line)
    complete -c refcow -f -n __fish_use_subcommand -a $row[1] -d $row[2]
    for option in (refcow $row[1] --help | string match -r '^(?:-[a-zA-Z], | +)--.*')
        __refcow_complete_option $row[1] $option
    end
end
complete -c refcow -f -n __fish_use_subcommand -l help -d 'list the verbs'
complete -c refcow -f -n __fish_use_subcommand -l version -d 'what this build can do'
