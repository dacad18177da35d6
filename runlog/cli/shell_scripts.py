"""What `runlog completion` prints: scripts that hand the line to `runlog _complete`, and show what it answers."""

from __future__ import annotations

_BASH = r"""_runlog() {
    local answer line prefixes='$'
    COMPREPLY=()
    ! shopt -q hostcomplete || prefixes+=@
    answer=$("${1/#\~/$HOME}" _complete bash "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" "$prefixes" 2>/dev/null) || return 0
    case ${answer%%$'\n'*} in
    words)
        compopt -o nospace 2>/dev/null
        compopt -o nosort 2>/dev/null
        [[ $answer == *$'\n'* ]] || return 0
        while IFS= read -r line; do COMPREPLY+=("$line"); done <<<"${answer#*$'\n'}"
        ;;
    folders) compopt -o dirnames 2>/dev/null ;;
    files) compopt -o default 2>/dev/null ;;
    programs)
        compopt -o default 2>/dev/null
        [[ -z $2 ]] || while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -c -- "$2")
        ;;
    esac
}
if ((BASH_VERSINFO[0] < 4)); then
    complete -o default -o nospace -F _runlog runlog
else
    complete -F _runlog runlog
fi
"""

_ZSH = r"""#compdef runlog
_runlog() {
    local begun=$PREFIX quoted=quoted line text
    local -a answer whole begins
    if [[ -z $QIPREFIX ]]; then quoted=bare begun=${(Q)PREFIX}; fi
    answer=("${(@f)$("${words[1]/#\~/$HOME}" _complete zsh $quoted "${(@Q)words[2,CURRENT-1]}" "$begun" 2>/dev/null)}")
    case $answer[1] in
    words)
        for line in "${(@)answer[2,-1]}"; do
            text=${${line%%$'\t'*}//:/\\:}
            [[ $line == *$'\t'* ]] && line="$text:${line#*$'\t'}" || line=$text
            if [[ $text == *[=:] ]]; then begins+=("$line"); else whole+=("$line"); fi
        done
        _describe -V word whole -- begins -S ''
        ;;
    folders) compset -P '*='; _files -/ ;;
    files) compset -P '*='; _files ;;
    programs) _command_names -e ;;
    esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _runlog "$@"
else
    compdef _runlog runlog
fi
"""

_FISH = r"""function __runlog_follow
    set -l before (commandline -opc)
    set -l begun (commandline -ct)
    set -l runlog $before[1]
    set -e before[1]
    set -l answer ($runlog _complete fish $before "$begun" 2>/dev/null)
    set -l kind $answer[1]
    set -e answer[1]
    set -l option (string match -r '^[^=]*=' -- "$begun"); or set option ''
    set -l path (string replace -r '^[^=]*=' '' -- "$begun")
    switch "$kind"
        case words
            for line in $answer
                echo $line
            end
        case folders
            for found in (__fish_complete_directories "$path" '')
                echo $option$found
            end
        case files
            for found in (__fish_complete_path "$path")
                echo $option$found
            end
        case programs
            __fish_complete_command
    end
end
complete -c runlog -f -k -a '(__runlog_follow)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
