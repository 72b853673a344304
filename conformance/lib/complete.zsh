# complete.zsh FOLDER LINE: what zsh, with the completion functions of a folder, makes of a line when the tab key is
# pressed: in a terminal of its own, where the line is accepted by a widget that prints it.
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell "fpath=($1 \$fpath); autoload -Uz compinit; compinit -D -u"
zpty -w shell 'show() { print -r -- "li"ne"=<${BUFFER% }>"; zle send-break }; zle -N show; bindkey "^X" show'
zpty -w -n shell "$2"$'\t\C-X'
zpty -r -m shell screen '*line=<*>*'
print -r -- ${${screen##*line=<}%%>*}
zpty -d shell
