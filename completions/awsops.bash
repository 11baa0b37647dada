# bash completion for awsops. Made from the commands themselves (`make completions`); do not edit.
# Load it with: source <(awsops completion show bash)

# candidates=(every noun)
_awsops_nouns() {
  candidates=(completion creds history plugin recipe sandbox sqs)
}

# NOUN: candidates=(its verbs)
_awsops_verbs() {
  case $1 in
    completion) candidates=(install show) ;;
    creds) candidates=(whoami) ;;
    history) candidates=(ls show verify) ;;
    plugin) candidates=(ls) ;;
    recipe) candidates=(check ls run schema show) ;;
    sandbox) candidates=(env seed start status stop) ;;
    sqs) candidates=(cancel export import ls moves peek purge redrive send) ;;
  esac
}

# GROUP: adds the common options of it to candidates
_awsops_group_flags() {
  case $1 in
    targets) candidates+=(--profile -p --region -r --role --org --targets --endpoint-url) ;;
    output) candidates+=(--output -o --query --fields --color --verbose -v) ;;
    run) candidates+=(--jobs -j --fail-fast --timeout) ;;
    change) candidates+=(--dry-run --yes -y) ;;
  esac
}

# 'NOUN VERB': candidates=(its own options), groups='of the common ones'
_awsops_flags() {
  case $1 in
    'completion install') candidates=() groups=output ;;
    'completion show') candidates=() groups=output ;;
    'creds whoami') candidates=() groups='targets output run' ;;
    'history ls') candidates=(--since --account --service --limit -n) groups=output ;;
    'history show') candidates=(--changes) groups=output ;;
    'history verify') candidates=() groups=output ;;
    'plugin ls') candidates=() groups=output ;;
    'recipe check') candidates=(--set --params) groups=output ;;
    'recipe ls') candidates=() groups=output ;;
    'recipe run') candidates=(--set --params --steps) groups='targets output run change' ;;
    'recipe schema') candidates=() groups=output ;;
    'recipe show') candidates=(--source) groups=output ;;
    'sandbox env') candidates=() groups=output ;;
    'sandbox seed') candidates=(--messages -n) groups=output ;;
    'sandbox start') candidates=(--chaos --empty --port) groups=output ;;
    'sandbox status') candidates=() groups=output ;;
    'sandbox stop') candidates=(--all) groups=output ;;
    'sqs cancel') candidates=() groups='targets output run change' ;;
    'sqs export') candidates=(--where --match --since --until --raise-receive-count) groups='targets output run' ;;
    'sqs import') candidates=(--lanes) groups='targets output run change' ;;
    'sqs ls') candidates=(--dlq) groups='targets output run' ;;
    'sqs moves') candidates=() groups='targets output run' ;;
    'sqs peek') candidates=(--count -n --raise-receive-count) groups='targets output run' ;;
    'sqs purge') candidates=(--confirm) groups='targets output run change' ;;
    'sqs redrive') candidates=(--to --where --match --since --until --max --rate --backup --engine --lanes --visibility --resume) groups='targets output run change' ;;
    'sqs send') candidates=(--body-file --attribute --group-id --dedup-id --delay) groups='targets output run change' ;;
  esac
}

# FLAG: what a common option takes
_awsops_common_value() {
  case $1 in
    --profile | -p) kind=profiles ;;
    --region | -r) kind=regions ;;
    --role | --endpoint-url | --query | --fields | --jobs | -j | --timeout) kind=text ;;
    --targets) kind=files ;;
    --output | -o) kind=choices candidates=(table json ndjson yaml csv text) ;;
    --color) kind=choices candidates=(auto always never) ;;
  esac
}

# 'NOUN VERB FLAG' or 'NOUN VERB POSITION': what stands there
_awsops_own_value() {
  case $1 in
    'completion install 1') kind=choices candidates=(bash fish powershell zsh) ;;
    'completion show 1') kind=choices candidates=(bash fish powershell zsh) ;;
    'history ls --since' | 'history ls --account' | 'history ls --service' | 'history ls --limit' | 'history ls -n') kind=text ;;
    'recipe check --set') kind=text ;;
    'recipe check --params') kind=files ;;
    'recipe run --set') kind=text ;;
    'recipe run --params') kind=files ;;
    'sandbox seed --messages' | 'sandbox seed -n') kind=text ;;
    'sandbox start --chaos' | 'sandbox start --port') kind=text ;;
    'sqs export --where' | 'sqs export --match' | 'sqs export --since' | 'sqs export --until') kind=text ;;
    'sqs export 2') kind=files ;;
    'sqs import --lanes') kind=text ;;
    'sqs import 2') kind=files ;;
    'sqs peek --count' | 'sqs peek -n') kind=text ;;
    'sqs purge --confirm') kind=text ;;
    'sqs redrive --to' | 'sqs redrive --where' | 'sqs redrive --match' | 'sqs redrive --since' | 'sqs redrive --until' | 'sqs redrive --max' | 'sqs redrive --rate' | 'sqs redrive --lanes' | 'sqs redrive --visibility' | 'sqs redrive --resume') kind=text ;;
    'sqs redrive --backup') kind=files ;;
    'sqs redrive --engine') kind=choices candidates=(client aws auto) ;;
    'sqs send --body-file') kind=files ;;
    'sqs send --attribute' | 'sqs send --group-id' | 'sqs send --dedup-id' | 'sqs send --delay') kind=text ;;
  esac
}

# Words up to the cursor; bash also breaks them at = : and @, which are part of ours.
_awsops_read_line() {
  local line=${COMP_LINE:0:COMP_POINT} piece i
  typed=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=${COMP_WORDS[i]}
    if ((i == 0)) || [[ $line == [[:space:]]* ]]; then
      line=${line#"${line%%[![:space:]]*}"}
      typed+=('')
    fi
    ((i == COMP_CWORD)) && piece=$line
    typed[${#typed[@]} - 1]+=$piece
    line=${line#"$piece"}
  done
}

# FLAG or POSITION: sets kind, and candidates where there are choices; kind='' takes no value
_awsops_value() {
  kind='' candidates=()
  [[ -n $verb ]] && _awsops_own_value "$noun $verb $1"
  [[ -z $kind && $1 == -* ]] && _awsops_common_value "$1"
}

_awsops_unquote() {
  unquoted=$1 quote=''
  case $1 in
    \'*) quote=\' unquoted=${1#\'} unquoted=${unquoted%\'} ;;
    \"*) quote=\" unquoted=${1#\"} unquoted=${unquoted%\"} ;;
    *\\*) unquoted=${1//\\/} ;;
  esac
}

# FILE: sets lines; split at once, since a read for each line takes long with 1,000 profiles
_awsops_read_config() {
  lines=()
  [[ -f $1 && -r $1 ]] && IFS=$'\n' read -r -d '' -a lines <"$1"
}

_awsops_profiles() {
  local lines line name
  _awsops_read_config "${config/#\~\//$HOME/}"
  for line in ${lines[@]+"${lines[@]}"}; do
    [[ $line == \[* ]] || continue
    name=${line#\[} name=${name%%\]*}
    case $line in
      \[default\]*) candidates+=(default) ;;
      \[profile[[:space:]]*)
        name=${name#profile} name=${name#"${name%%[![:space:]]*}"}
        name=${name%"${name##*[![:space:]]}"}
        _awsops_unquote "$name"
        candidates+=("$unquoted")
        ;;
    esac
  done
  _awsops_read_config "${credentials/#\~\//$HOME/}"
  for line in ${lines[@]+"${lines[@]}"}; do
    [[ $line == \[* ]] || continue
    name=${line#\[}
    candidates+=("${name%%\]*}")
  done
}

_awsops_regions() {
  local lines line
  candidates=(all)
  _awsops_read_config "${config/#\~\//$HOME/}"
  for line in ${lines[@]+"${lines[@]}"}; do
    if [[ $line =~ ^region[[:space:]]*=[[:space:]]*([a-z0-9-]+) ]]; then
      candidates+=("${BASH_REMATCH[1]}")
    fi
  done
}

_awsops_files() {
  if type compopt >/dev/null 2>&1; then
    compopt -o default 2>/dev/null
  else
    local IFS=$'\n'
    COMPREPLY=($(compgen -f -- "$1"))
  fi
}

# CURRENT PREFIX: turns kind and candidates into COMPREPLY; PREFIX is `--flag=`
_awsops_offer() {
  local config=${AWS_CONFIG_FILE:-$HOME/.aws/config} candidate unquoted quote breaks kept
  local credentials=${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}
  case $kind in
    files) _awsops_files "$1" && return ;;
    profiles) _awsops_profiles ;;
    regions) _awsops_regions ;;
  esac
  _awsops_unquote "$1"
  # Readline replaces only what follows the last character at which it breaks words.
  breaks=${COMP_WORDBREAKS//[[:space:]\"\']/}
  kept=$2$unquoted
  [[ -z $quote && $kept == *["$breaks"]* ]] && kept=${kept%"${kept##*["$breaks"]}"} || kept=''
  for candidate in ${candidates[@]+"${candidates[@]}"}; do
    [[ $candidate == "$unquoted"* ]] || continue
    candidate=$2$candidate candidate=${candidate#"$kept"}
    [[ -n $quote ]] || printf -v candidate %q "$candidate"
    COMPREPLY+=("$candidate")
  done
}

_awsops() {
  local typed candidates=() groups='targets output run change' kind='' noun='' verb='' waiting='' ended=''
  local position=0 word i current group unquoted quote
  COMPREPLY=()
  _awsops_read_line
  current=${typed[${#typed[@]} - 1]}
  for ((i = 1; i < ${#typed[@]} - 1; i++)); do
    word=${typed[i]}
    if [[ -n $waiting ]]; then
      waiting=''
    elif [[ -z $ended && $word == -- ]]; then
      ended=1
    elif [[ -z $ended && $word == -?* ]]; then
      _awsops_value "$word"
      [[ -n $kind ]] && waiting=$word
    elif [[ -z $noun ]]; then
      noun=$word
    elif [[ -z $verb ]]; then
      verb=$word
    else
      position=$((position + 1))
    fi
  done
  kind='' candidates=()
  if [[ -n $waiting ]]; then
    _awsops_value "$waiting"
    _awsops_offer "$current" ''
  elif [[ -z $ended && $current == --*=* ]]; then
    _awsops_value "${current%%=*}"
    _awsops_offer "${current#*=}" "${current%%=*}="
  elif [[ -z $ended && $current == -* ]]; then
    if [[ -z $noun ]]; then
      candidates=(--help -h --version -V --profile -p --region -r --role --org --targets --endpoint-url --output -o --query --fields --color --verbose -v --jobs -j --fail-fast --timeout --dry-run --yes -y)
    else
      [[ -n $verb ]] && _awsops_flags "$noun $verb"
      candidates+=(--help -h)
      for group in $groups; do
        _awsops_group_flags "$group"
      done
    fi
    kind=''
    _awsops_offer "$current" ''
  else
    if [[ -z $noun ]]; then
      _awsops_nouns
    elif [[ -z $verb ]]; then
      _awsops_verbs "$noun"
    else
      _awsops_value "$((position + 1))"
    fi
    _awsops_offer "$current" ''
  fi
}

complete -F _awsops awsops
