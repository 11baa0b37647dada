# fish completion for awsops. Made from the commands themselves (`make completions`); do not edit.
# Load it with: awsops completion show fish | source

# every noun
function __awsops_nouns
    printf '%s\t%s\n' \
        'completion' 'Let the shell complete nouns, verbs, options and profiles when Tab is pressed.' \
        'creds' 'See which credentials are in use, where they come from and until when.' \
        'history' 'Read what awsops changed, when, where and as whom.' \
        'plugin' 'See which plugins there are, where they come from and whether they work.' \
        'recipe' 'Run runbooks: steps with checked parameters, a plan each, and checks in the end.' \
        'sandbox' 'Rehearse on an embedded AWS with three seeded accounts, with faults on request.' \
        'sqs' 'Look into SQS queues, send to them, and redrive dead-letter queues.'
end

# NOUN: its verbs
function __awsops_verbs
    switch $argv[1]
        case 'completion'
            printf '%s\t%s\n' \
                'install' 'Write the completion script to where your shell looks for it; edits no file of yours.' \
                'show' 'Print the completion script of a shell, with the nouns of your own plugins.'
        case 'creds'
            printf '%s\t%s\n' \
                'whoami' 'Show the account and identity behind each profile.'
        case 'history'
            printf '%s\t%s\n' \
                'ls' 'List the runs that changed something, the newest first.' \
                'show' 'Show the calls of one run, or its changes.' \
                'verify' 'Check that no entry of the journal was edited or removed.'
        case 'plugin'
            printf '%s\t%s\n' \
                'ls' 'List every plugin, the broken ones with their error.'
        case 'recipe'
            printf '%s\t%s\n' \
                'check' 'Find every mistake in a recipe without running it.' \
                'ls' 'List the recipes that there are, the broken ones with their error.' \
                'run' 'Run a recipe over the targets, each step planned and confirmed.' \
                'schema' 'Print the JSON Schema of recipes, for editors.' \
                'show' 'Show a recipe\'s parameters, steps and checks.'
        case 'sandbox'
            printf '%s\t%s\n' \
                'env' 'Print the shell commands that lead AWS tools to a sandbox and nowhere else.' \
                'seed' 'Put the queues and dead letters of the three accounts back to the start.' \
                'start' 'Start a sandbox, or show the one of that name that runs.' \
                'status' 'List the sandboxes that run.' \
                'stop' 'Stop a sandbox; everything in it is gone.'
        case 'sqs'
            printf '%s\t%s\n' \
                'cancel' 'Cancel the move task of a dead-letter queue; what it moved stays moved.' \
                'export' 'Copy messages into a file and leave all of them in the queue.' \
                'import' 'Send the messages of a file to a queue.' \
                'ls' 'List queues with their depths and dead-letter wiring.' \
                'moves' 'Show the last ten move tasks of a dead-letter queue.' \
                'peek' 'Show messages of a queue and give every one of them back at once.' \
                'purge' 'Delete all messages of a queue, for good.' \
                'redrive' 'Move messages from a dead-letter queue back to where they came from.' \
                'send' 'Send one message, attributes and all.'
    end
end

# GROUP: its common options
function __awsops_group_flags
    switch $argv[1]
        case 'targets'
            printf '%s\t%s\n' \
                '--profile' 'Profile, glob or @group; may be repeated.' \
                '-p' 'Profile, glob or @group; may be repeated.' \
                '--region' 'Region, or all; may be repeated.' \
                '-r' 'Region, or all; may be repeated.' \
                '--role' 'Role name or ARN to assume.' \
                '--org' 'Every account of the organization.' \
                '--targets' 'YAML file that lists targets.' \
                '--endpoint-url' 'Send calls here.'
        case 'output'
            printf '%s\t%s\n' \
                '--output' 'table, json, ndjson, yaml, csv or text; default: table on a terminal, else ndjson.' \
                '-o' 'table, json, ndjson, yaml, csv or text; default: table on a terminal, else ndjson.' \
                '--query' 'JMESPath over the rows.' \
                '--fields' 'Only these columns.' \
                '--color' 'auto, always or never.' \
                '--verbose' 'Log the calls to stderr.' \
                '-v' 'Log the calls to stderr.'
        case 'run'
            printf '%s\t%s\n' \
                '--jobs' 'Targets at a time.' \
                '-j' 'Targets at a time.' \
                '--fail-fast' 'Stop at the first failed target.' \
                '--timeout' 'Give up after this time.'
        case 'change'
            printf '%s\t%s\n' \
                '--dry-run' 'Show the plan and change nothing.' \
                '--yes' 'Apply the plan without asking.' \
                '-y' 'Apply the plan without asking.'
    end
end

# 'NOUN VERB': its own options
function __awsops_flags
    switch $argv[1]
        case 'history ls'
            printf '%s\t%s\n' \
                '--since' 'Only runs begun since then: 2h, 7d, 2026-03-01.' \
                '--account' 'Only runs that changed this account.' \
                '--service' 'Only runs that called this service: sqs.' \
                '--limit' 'How many runs.' \
                '-n' 'How many runs.'
        case 'history show'
            printf '%s\t%s\n' \
                '--changes' 'What changed, before and after, in place of the calls.'
        case 'recipe check'
            printf '%s\t%s\n' \
                '--set' 'A parameter; may be repeated.' \
                '--params' 'YAML file of parameters, name: value.'
        case 'recipe run'
            printf '%s\t%s\n' \
                '--set' 'A parameter; may be repeated.' \
                '--params' 'YAML file of parameters, name: value.' \
                '--steps' 'Give the steps as rows, not their results.'
        case 'recipe show'
            printf '%s\t%s\n' \
                '--source' 'Print the recipe\'s text as it is.'
        case 'sandbox seed'
            printf '%s\t%s\n' \
                '--messages' 'Dead letters in each account.' \
                '-n' 'Dead letters in each account.'
        case 'sandbox start'
            printf '%s\t%s\n' \
                '--chaos' 'Faults, such as throttle=0.1,error=0.02,latency=50ms,seed=7.' \
                '--empty' 'Start without seeded queues.' \
                '--port' 'Port on 127.0.0.1.'
        case 'sandbox stop'
            printf '%s\t%s\n' \
                '--all' 'Stop every sandbox.'
        case 'sqs export'
            printf '%s\t%s\n' \
                '--where' 'Only where this JMESPath over {body, attributes, system, age} is true.' \
                '--match' 'Only where this pattern is found in the body.' \
                '--since' 'Only those sent since: 2h, or a time.' \
                '--until' 'Only those sent before: 1h, or a time.' \
                '--raise-receive-count' 'Look even where each look counts towards the queue\'s own maxReceiveCount and may push messages into its dead-letter queue.'
        case 'sqs import'
            printf '%s\t%s\n' \
                '--lanes' 'Batches under way at a time.'
        case 'sqs ls'
            printf '%s\t%s\n' \
                '--dlq' 'Only queues that are somebody\'s dead-letter queue.'
        case 'sqs peek'
            printf '%s\t%s\n' \
                '--count' 'How many messages, at most.' \
                '-n' 'How many messages, at most.' \
                '--raise-receive-count' 'Look even where each look counts towards the queue\'s own maxReceiveCount and may push messages into its dead-letter queue.'
        case 'sqs purge'
            printf '%s\t%s\n' \
                '--confirm' 'The queue\'s name, typed once more.'
        case 'sqs redrive'
            printf '%s\t%s\n' \
                '--to' 'Where all go; default: each to its own source.' \
                '--where' 'Only where this JMESPath over {body, attributes, system, age} is true.' \
                '--match' 'Only where this pattern is found in the body.' \
                '--since' 'Only those sent since: 2h, or a time.' \
                '--until' 'Only those sent before: 1h, or a time.' \
                '--max' 'Move at most so many messages.' \
                '--rate' 'Move at most so many a second, like 50/s.' \
                '--backup' 'Append every message to this file before it is sent.' \
                '--engine' 'client moves them from here; aws has SQS move them, all and 500/s at most; auto is aws wherever that can do it.' \
                '--lanes' 'Batches under way at a time.' \
                '--visibility' 'Hide what is under way for so long; a killed run\'s messages then return.' \
                '--resume' 'Go on with an interrupted run.'
        case 'sqs send'
            printf '%s\t%s\n' \
                '--body-file' 'Read the body from a file, as it is.' \
                '--attribute' 'name=value, name:Number=5 or name:Binary=BASE64; repeatable.' \
                '--group-id' 'Message group; FIFO queues need one.' \
                '--dedup-id' 'Deduplication id, for FIFO queues.' \
                '--delay' 'Hide it at first, 0s to 15m; not for FIFO queues.'
    end
end

# 'NOUN VERB': its groups
function __awsops_groups
    switch $argv[1]
        case 'completion install' 'completion show' 'history ls' 'history show' 'history verify' 'plugin ls' 'recipe check' 'recipe ls' 'recipe schema' 'recipe show' 'sandbox env' 'sandbox seed' 'sandbox start' 'sandbox status' 'sandbox stop'
            string split ' ' 'output'
        case 'creds whoami' 'sqs export' 'sqs ls' 'sqs moves' 'sqs peek'
            string split ' ' 'targets output run'
        case 'recipe run' 'sqs cancel' 'sqs import' 'sqs purge' 'sqs redrive' 'sqs send'
            string split ' ' 'targets output run change'
    end
end

# FLAG: what it takes
function __awsops_common_value
    switch $argv[1]
        case '--profile' '-p'
            printf '%s\n' 'profiles'
        case '--region' '-r'
            printf '%s\n' 'regions'
        case '--role' '--endpoint-url' '--query' '--fields' '--jobs' '-j' '--timeout'
            printf '%s\n' 'text'
        case '--targets'
            printf '%s\n' 'files'
        case '--output' '-o'
            printf '%s\n' 'choices' 'table' 'json' 'ndjson' 'yaml' 'csv' 'text'
        case '--color'
            printf '%s\n' 'choices' 'auto' 'always' 'never'
    end
end

# 'NOUN VERB FLAG' or 'NOUN VERB @POSITION': what stands there
function __awsops_own_value
    switch $argv[1]
        case 'completion install @1'
            printf '%s\n' 'choices' 'bash' 'fish' 'powershell' 'zsh'
        case 'completion show @1'
            printf '%s\n' 'choices' 'bash' 'fish' 'powershell' 'zsh'
        case 'history ls --since' 'history ls --account' 'history ls --service' 'history ls --limit' 'history ls -n'
            printf '%s\n' 'text'
        case 'recipe check --set'
            printf '%s\n' 'text'
        case 'recipe check --params'
            printf '%s\n' 'files'
        case 'recipe run --set'
            printf '%s\n' 'text'
        case 'recipe run --params'
            printf '%s\n' 'files'
        case 'sandbox seed --messages' 'sandbox seed -n'
            printf '%s\n' 'text'
        case 'sandbox start --chaos' 'sandbox start --port'
            printf '%s\n' 'text'
        case 'sqs export --where' 'sqs export --match' 'sqs export --since' 'sqs export --until'
            printf '%s\n' 'text'
        case 'sqs export @2'
            printf '%s\n' 'files'
        case 'sqs import --lanes'
            printf '%s\n' 'text'
        case 'sqs import @2'
            printf '%s\n' 'files'
        case 'sqs peek --count' 'sqs peek -n'
            printf '%s\n' 'text'
        case 'sqs purge --confirm'
            printf '%s\n' 'text'
        case 'sqs redrive --to' 'sqs redrive --where' 'sqs redrive --match' 'sqs redrive --since' 'sqs redrive --until' 'sqs redrive --max' 'sqs redrive --rate' 'sqs redrive --lanes' 'sqs redrive --visibility' 'sqs redrive --resume'
            printf '%s\n' 'text'
        case 'sqs redrive --backup'
            printf '%s\n' 'files'
        case 'sqs redrive --engine'
            printf '%s\n' 'choices' 'client' 'aws' 'auto'
        case 'sqs send --body-file'
            printf '%s\n' 'files'
        case 'sqs send --attribute' 'sqs send --group-id' 'sqs send --dedup-id' 'sqs send --delay'
            printf '%s\n' 'text'
    end
end

# --help stands everywhere
function __awsops_help
    printf '%s\t%s\n' \
        '--help' 'Show what it does and takes.' \
        '-h' 'Show what it does and takes.'
end

# --version stands alone
function __awsops_version
    printf '%s\t%s\n' \
        '--version' 'Show the version.' \
        '-V' 'Show the version.'
end

function __awsops_config_file
    set -l file $HOME/.aws/config
    set -q AWS_CONFIG_FILE; and test -n "$AWS_CONFIG_FILE"; and set file $AWS_CONFIG_FILE
    set file (string replace -r '^~/' $HOME/ -- $file)
    test -f "$file"; and test -r "$file"; and echo $file
end

function __awsops_credentials_file
    set -l file $HOME/.aws/credentials
    set -q AWS_SHARED_CREDENTIALS_FILE; and test -n "$AWS_SHARED_CREDENTIALS_FILE"
    and set file $AWS_SHARED_CREDENTIALS_FILE
    set file (string replace -r '^~/' $HOME/ -- $file)
    test -f "$file"; and test -r "$file"; and echo $file
end

function __awsops_profiles
    set -l file (__awsops_config_file)
    if test -n "$file"
        string replace -rf '^\[(?:profile\s+)["\']?([^\]]*?)["\']?\s*\].*' '$1' <$file
        string replace -rf '^\[(default)\].*' '$1' <$file
    end
    set file (__awsops_credentials_file)
    test -n "$file"; and string replace -rf '^\[([^\]]*)\].*' '$1' <$file
end

function __awsops_regions
    echo all
    set -l file (__awsops_config_file)
    test -n "$file"; and string replace -rf '^region\s*=\s*([a-z0-9-]+).*' '$1' <$file
end

# NOUN VERB FLAG-OR-@POSITION: prints the kind of value, then choices; nothing where none is taken
function __awsops_value
    set -l found
    test -n "$argv[2]"; and set found (__awsops_own_value "$argv[1] $argv[2] $argv[3]")
    if test -z "$found[1]"; and string match -q -- '-*' $argv[3]
        set found (__awsops_common_value $argv[3])
    end
    test -n "$found[1]"; and printf '%s\n' $found
end

# PREFIX CURRENT KIND CHOICES: prints candidates; PREFIX is `--flag=`, before which fish matches
function __awsops_offer
    set -l found
    switch "$argv[3]"
        case files
            set found (__fish_complete_path $argv[2])
        case profiles
            set found (__awsops_profiles)
        case regions
            set found (__awsops_regions)
        case choices
            set found $argv[4..-1]
    end
    test -n "$found[1]"; and printf '%s\n' $argv[1]$found
end

function __awsops_all_flags
    set -l groups targets output run change
    __awsops_help
    test -z "$argv[1]"; and __awsops_version
    if test -n "$argv[2]"
        __awsops_flags "$argv[1] $argv[2]"
        set groups (__awsops_groups "$argv[1] $argv[2]")
    end
    for group in $groups
        __awsops_group_flags $group
    end
end

function __awsops_complete
    set -l current (commandline -ct)
    set -l typed (commandline -opc)
    set -l noun ''
    set -l verb ''
    set -l waiting ''
    set -l ended ''
    set -l position 1
    for word in $typed[2..-1]
        if test -n "$waiting"
            set waiting ''
        else if test -z "$ended"; and test "x$word" = x--
            set ended 1
        else if test -z "$ended"; and string match -qr -- '^-.' "$word"
            set -l value (__awsops_value "$noun" "$verb" $word)
            test -n "$value[1]"; and set waiting $word
        else if test -z "$noun"
            set noun $word
        else if test -z "$verb"
            set verb $word
        else
            set position (math $position + 1)
        end
    end
    # Fish 3.6 looks for the letters of the word in help lines too: they must stand in the name.
    set -l named '^[^\t]*'(string escape --style=regex -- "$current")
    if test -n "$waiting"
        __awsops_offer '' "$current" (__awsops_value "$noun" "$verb" $waiting)
    else if test -z "$ended"; and string match -qr -- '^--[^=]+=' "$current"
        set -l parts (string split -m 1 = -- $current)
        __awsops_offer $parts[1]= "$parts[2]" (__awsops_value "$noun" "$verb" $parts[1])
    else if test -z "$ended"; and string match -q -- '-*' "$current"
        __awsops_all_flags "$noun" "$verb" | string match -rei -- $named
    else if test -z "$noun"
        __awsops_nouns | string match -rei -- $named
    else if test -z "$verb"
        __awsops_verbs $noun | string match -rei -- $named
    else
        __awsops_offer '' "$current" (__awsops_value "$noun" "$verb" @$position)
    end
end

complete -c awsops -f -a '(__awsops_complete)'
