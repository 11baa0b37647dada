# fish completion for awsops. Made from the commands themselves (`make completions`); do not edit.
# Load it with: awsops completion show fish | source

# every noun
function __awsops_nouns
    printf '%s\t%s\n' \
        'auth' 'Get sessions with MFA and roles, and hand them to other programs.' \
        'completion' 'Let the shell complete nouns, verbs, options and profiles when Tab is pressed.' \
        'config' 'See and set what awsops does by default, and where each value comes from.' \
        'creds' 'See which credentials are in use, where they come from and until when.' \
        'doctor' 'Look at everything that awsops needs, and say what to do where something is wrong.' \
        'ecr' 'Log in to ECR everywhere, push images once and know that they are there.' \
        'help' 'Read the manual in the terminal, or install it as man pages.' \
        'history' 'Read what awsops changed, when, where and as whom.' \
        'kinesis' 'Look into Kinesis streams, reshard them with a plan, read and write them.' \
        'lambda' 'Shift Lambda aliases safely, and look after functions.' \
        'logs' 'Query CloudWatch Logs, follow them, and know what it costs.' \
        'plugin' 'See which plugins there are, check them, and begin one of your own.' \
        'recipe' 'Run runbooks: steps with checked parameters, a plan each, and checks in the end.' \
        'sandbox' 'Rehearse on an embedded AWS with three seeded accounts, with faults on request.' \
        'sqs' 'Look into SQS queues, send to them, and redrive dead-letter queues.'
end

# NOUN: its verbs
function __awsops_verbs
    switch $argv[1]
        case 'auth'
            printf '%s\t%s\n' \
                'assume' 'Assume a role, or one role after another.' \
                'console' 'Make a link that signs a browser in to the AWS console.' \
                'devices' 'List your MFA devices and which of them give codes that the API takes.' \
                'exec' 'Run a program with a profile\'s credentials in its environment.' \
                'export' 'Print the credentials of a profile as a shell\'s variables.' \
                'login' 'Get a session with MFA or through SSO, or the one that is still alive.' \
                'logout' 'Forget the sessions of a profile on this machine, and end its SSO sign-in.' \
                'process' 'Print credentials as the AWS config file\'s credential_process wants them.' \
                'status' 'List the sessions on this machine and how long they last.'
        case 'completion'
            printf '%s\t%s\n' \
                'install' 'Write the completion script to where your shell looks for it; edits no file of yours.' \
                'show' 'Print the completion script of a shell, with the nouns of your own plugins.'
        case 'config'
            printf '%s\t%s\n' \
                'edit' 'Open config.toml in your editor and check it afterwards.' \
                'get' 'Show one value and where it comes from.' \
                'ls' 'Show every value, and whether it is a default, the file\'s, the environment\'s or an option.' \
                'path' 'Print where config.toml is, or would be.' \
                'set' 'Write a value into config.toml; comments and order are kept.'
        case 'creds'
            printf '%s\t%s\n' \
                'chain' 'Show where credentials, region and settings come from, and what is shadowed.' \
                'decode' 'Say who was refused what, and by which statement.' \
                'report' 'List the passwords and keys of an account, how old they are and which are stale.' \
                'rotate' 'Replace a profile\'s access key by a new one.' \
                'whoami' 'Show the account and identity behind each profile.'
        case 'doctor'
            printf '%s\t%s\n' \
                'doctor' 'Look at everything that awsops needs, and say what to do where something is wrong.'
        case 'ecr'
            printf '%s\t%s\n' \
                'copy' 'Copy an image by its digest to another repository, region or account.' \
                'findings' 'Show what the scan of an image found, worst first.' \
                'images' 'List the images of a repository, newest first.' \
                'lifecycle' 'Show, write or remove a repository\'s lifecycle policy.' \
                'login' 'Log docker, podman, skopeo, helm and others in to ECR.' \
                'ls' 'List the repositories of the registry.' \
                'policy' 'Show, write or remove the policy that says who else may use a repository.' \
                'prune' 'Remove old images, never one that is protected or in use.' \
                'push' 'Push an image once, under all its tags, and know that it is there.' \
                'token' 'Print a registry\'s user and password, for a tool that awsops does not know.'
        case 'help'
            printf '%s\t%s\n' \
                'help' 'Show a page of the manual, the help of a noun or verb, or what there is to read.'
        case 'history'
            printf '%s\t%s\n' \
                'export' 'Give every entry of the journal as it stands, with its hash.' \
                'ls' 'List the runs that changed something, the newest first.' \
                'prune' 'Remove old runs from the journal; what is left can still be verified.' \
                'show' 'Show the calls of one run, or its changes.' \
                'undo' 'Undo what a run changed, newest first, each planned and confirmed.' \
                'verify' 'Check that no entry of the journal was edited or removed.'
        case 'kinesis'
            printf '%s\t%s\n' \
                'balance' 'Make the ranges of all shards equally wide, in the fewest steps.' \
                'consumers' 'List the registered consumers of a stream.' \
                'ls' 'List streams with their mode, state, shards and consumers.' \
                'merge' 'Merge two shards that lie side by side, named or met at a hash key.' \
                'mode' 'Switch a stream between on-demand and provisioned capacity.' \
                'put' 'Write a record for each line.' \
                'retention' 'Show or change how long a stream keeps its records.' \
                'scale' 'Change how many shards a stream has.' \
                'shards' 'Show the shards of a stream with their hash ranges, and how hot they are.' \
                'split' 'Split a shard in half, at a hash key, into many, or around one partition key.' \
                'tail' 'Follow the records of all shards in order, through splits and merges.'
        case 'lambda'
            printf '%s\t%s\n' \
                'aliases' 'List the aliases of a function and where they point.' \
                'config' 'Show what is set on a function, of its environment the names alone.' \
                'invoke' 'Call a function once and show its answer and the end of its log.' \
                'ls' 'List functions with runtime, memory and last change.' \
                'prune' 'Delete old versions that no alias, trigger or provisioned concurrency uses.' \
                'publish' 'Publish $LATEST as a version, exactly as it was looked at.' \
                'revoke' 'Take a statement out of a function\'s policy.' \
                'rollback' 'Take an alias back: away with its weights, or to the version it had before.' \
                'shift' 'Shift an alias to another version step by step, watched and reversible.' \
                'start' 'Let a stopped function run again, with the concurrency that it had.' \
                'status' 'Show where an alias points, and tell of a shift that nobody drives.' \
                'stop' 'Throttle every call of a function, by reserving nothing for it.' \
                'trigger' 'Disable, enable or bisect what feeds a function.' \
                'triggers' 'List what feeds a function, and how far behind it is.' \
                'versions' 'List the versions of a function and the aliases that use them.'
        case 'logs'
            printf '%s\t%s\n' \
                'context' 'Show the events of the same stream around one event.' \
                'cost' 'Show what queries scanned and cost, by caller and log group, the dearest first.' \
                'export' 'Export the events of log groups, into files here or by an export task into S3.' \
                'exports' 'List export tasks, the newest first as the service lists them.' \
                'exports-cancel' 'Cancel an export task that is pending or running.' \
                'groups' 'List log groups with what they store, for how long, and their newest event.' \
                'queries' 'List saved queries: those of the account and those that awsops brings along.' \
                'queries-rm' 'Remove a saved query from the account.' \
                'queries-save' 'Save a query in the account, in place of the one of that name.' \
                'queries-show' 'Print the text of a saved query.' \
                'queries-sync' 'Make a folder of queries and the account\'s saved queries the same.' \
                'query' 'Run a Logs Insights query and show its rows, what it scanned and what that cost.' \
                'record' 'Show every field of one event.' \
                'retention' 'Set for how long log groups keep their events.' \
                'running' 'List the queries that run now, whoever started them.' \
                'stop' 'Stop queries that still run and cost.' \
                'tail' 'Show events of log groups as they come in, merged into one stream.'
        case 'plugin'
            printf '%s\t%s\n' \
                'check' 'Check plugins against the contract that docs/plugins.md describes.' \
                'ls' 'List every plugin, the broken ones with their error.' \
                'new' 'Write a working plugin with its test, to begin your own with.'
        case 'recipe'
            printf '%s\t%s\n' \
                'check' 'Find every mistake in a recipe without running it.' \
                'ls' 'List the recipes that there are, the broken ones with their error.' \
                'new' 'Print a recipe made of what was done in past runs.' \
                'policy' 'Rehearse a recipe, each of its steps, and print the IAM policy that it needs.' \
                'rehearse' 'Run a recipe whole in a fresh sandbox and say what it came to.' \
                'report' 'Print what a run did, as Markdown, or write it as one HTML page.' \
                'resume' 'Go on with a run of a recipe that was cut off or failed.' \
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
                'attrs' 'Show a queue\'s attributes, or set some of them.' \
                'cancel' 'Cancel the move task of a dead-letter queue; what it moved stays moved.' \
                'drain' 'Write messages to a file, then delete them from the queue.' \
                'export' 'Copy messages into a file and leave all of them in the queue.' \
                'import' 'Send the messages of a file to a queue.' \
                'ls' 'List queues with their depths and dead-letter wiring.' \
                'moves' 'Show the last ten move tasks of a dead-letter queue.' \
                'peek' 'Show messages of a queue and give every one of them back at once.' \
                'policy' 'Show which queue gives up into which, as a tree, and what is wrong with it.' \
                'purge' 'Delete all messages of a queue, for good.' \
                'redrive' 'Move messages from a dead-letter queue back to where they came from.' \
                'send' 'Send a message, attributes and all, or a file of them.'
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
                '--jobs' 'Targets at a time; with one target, its calls at a time.' \
                '-j' 'Targets at a time; with one target, its calls at a time.' \
                '--fail-fast' 'Stop at the first failed target.' \
                '--timeout' 'Give up after this time.'
        case 'change'
            printf '%s\t%s\n' \
                '--dry-run' 'Show the plan and change nothing.' \
                '--yes' 'Apply the plan without asking.' \
                '-y' 'Apply the plan without asking.' \
                '--yes-i-mean' 'Apply it to this protected account; may be repeated.' \
                '--max-targets' 'Refuse to change more targets than this.'
    end
end

# 'NOUN VERB': its own options
function __awsops_flags
    switch $argv[1]
        case 'auth assume'
            printf '%s\t%s\n' \
                '--session-name' 'Name of the session in CloudTrail; default: awsops and the run.' \
                '--external-id' 'The external id that the role asks for.' \
                '--policy' 'JSON that narrows what the session may do.' \
                '--tag' 'A session tag, KEY=VALUE; may be repeated.' \
                '--source-identity' 'Who it is, kept through a chain of roles.' \
                '--duration' 'How long it lasts, 15m to 12h; in a chain up to 1h.' \
                '--code' 'The six digits; asked for when left out.' \
                '--shell' 'Print its variables for this shell instead.' \
                '--write' 'Also write it into the credentials file as this profile.'
        case 'auth console'
            printf '%s\t%s\n' \
                '--service' 'Open this service\'s console, like s3.' \
                '--open' 'Open the link in a browser.' \
                '--lasts' 'How long the browser stays signed in, 15m to 12h; roles only.'
        case 'auth exec'
            printf '%s\t%s\n' \
                '--code' 'The six digits; asked for when left out.' \
                '--duration' 'How long the session lasts, 15m to 36h.'
        case 'auth export'
            printf '%s\t%s\n' \
                '--shell' 'For which shell; default: the one in $SHELL.' \
                '--code' 'The six digits; asked for when left out.' \
                '--duration' 'How long the session lasts, 15m to 36h.'
        case 'auth login'
            printf '%s\t%s\n' \
                '--serial' 'ARN or serial of the MFA device.' \
                '--code' 'The six digits; asked for when left out.' \
                '--duration' 'How long the session lasts, 15m to 36h.' \
                '--write' 'Also write it into the credentials file as this profile.' \
                '--renew' 'Ask for a new session although one is alive.' \
                '--browser' 'Open the sign-in page of an SSO profile.' \
                '--no-browser' 'Open the sign-in page of an SSO profile.'
        case 'auth logout'
            printf '%s\t%s\n' \
                '--all' 'Forget every session, whatever profile it is of.'
        case 'auth process'
            printf '%s\t%s\n' \
                '--code' 'The six digits; asked for when left out.' \
                '--duration' 'How long the session lasts, 15m to 36h.'
        case 'creds chain'
            printf '%s\t%s\n' \
                '--why' 'Say in a paragraph why the winner wins.'
        case 'creds report'
            printf '%s\t%s\n' \
                '--stale' 'A credential is stale when unused for so long.' \
                '--findings' 'Only what something is wrong with.'
        case 'creds rotate'
            printf '%s\t%s\n' \
                '--delete-old' 'Delete the old key once the new one is in use.' \
                '--finish' 'Make no key; end the one that is not in the file, after an interruption.' \
                '--code' 'The six digits, where a policy wants MFA; asked for when left out.'
        case 'doctor doctor'
            printf '%s\t%s\n' \
                '--offline' 'Ask AWS nothing.'
        case 'ecr copy'
            printf '%s\t%s\n' \
                '--to-profile' 'Copy to the account of this profile.' \
                '--to-region' 'Copy to this region.'
        case 'ecr findings'
            printf '%s\t%s\n' \
                '--wait' 'Wait until the scan is over.' \
                '--fail-on' 'Fail when a finding is as severe as this or worse.' \
                '--scan-timeout' 'How long to wait for the scan.'
        case 'ecr images'
            printf '%s\t%s\n' \
                '--untagged' 'Only images without a tag.'
        case 'ecr lifecycle'
            printf '%s\t%s\n' \
                '--set' 'Write the policy in this JSON file.' \
                '--remove' 'Remove the policy.'
        case 'ecr login'
            printf '%s\t%s\n' \
                '--tool' 'Log in this tool; may be repeated; default: all on PATH.' \
                '--registry-ids' 'Accounts whose registries are meant, with commas between.' \
                '--public' 'Log in to public.ecr.aws as well.' \
                '--fips' 'Use the registry\'s FIPS host name.' \
                '--dual-stack' 'Use the registry\'s dual-stack host name.' \
                '--check' 'Only say who is logged in, and until when.' \
                '--helper' 'Have docker ask awsops for a login whenever it needs one.'
        case 'ecr policy'
            printf '%s\t%s\n' \
                '--set' 'Write the policy in this JSON file.' \
                '--remove' 'Remove the policy.'
        case 'ecr prune'
            printf '%s\t%s\n' \
                '--keep' 'Keep the newest so many images.' \
                '--older-than' 'Remove only what was pushed longer ago, like 90d.' \
                '--protect' 'Keep images with a tag that matches the glob; may be repeated.'
        case 'ecr push'
            printf '%s\t%s\n' \
                '--tag' 'One more tag; may be repeated.' \
                '--create' 'Make the repository where it is missing.' \
                '--wait-scan' 'Wait for what the scan finds.' \
                '--fail-on' 'Fail when a finding is as severe as this or worse.' \
                '--scan-timeout' 'How long to wait for the scan.'
        case 'help help'
            printf '%s\t%s\n' \
                '--man' 'Print the source of its man page.' \
                '--install' 'Write every man page to ~/.local/share/man.'
        case 'history export'
            printf '%s\t%s\n' \
                '--since' 'Only runs begun since then: 2h, 7d, 2026-03-01.'
        case 'history ls'
            printf '%s\t%s\n' \
                '--since' 'Only runs begun since then: 2h, 7d, 2026-03-01.' \
                '--account' 'Only runs that changed this account.' \
                '--service' 'Only runs that called this service: sqs.' \
                '--limit' 'Show so many, the newest first.' \
                '-n' 'Show so many, the newest first.'
        case 'history prune'
            printf '%s\t%s\n' \
                '--older-than' 'Remove what began longer ago, like 90d.' \
                '--yes' 'Remove them without asking.' \
                '-y' 'Remove them without asking.'
        case 'history show'
            printf '%s\t%s\n' \
                '--changes' 'What changed, before and after, in place of the calls.'
        case 'kinesis balance'
            printf '%s\t%s\n' \
                '--to' 'So many shards; default: as many.' \
                '--exact' 'Move boundaries that are off by a few hash keys of 10^38 too.' \
                '--engine' 'UpdateShardCount makes equal ranges, 10 calls in 24 h; auto takes it where it can and says why not.' \
                '--resume' 'Go on with an interrupted run.'
        case 'kinesis merge'
            printf '%s\t%s\n' \
                '--at' 'Merge the two that meet at this hash key.' \
                '--resume' 'Go on with an interrupted run.'
        case 'kinesis put'
            printf '%s\t%s\n' \
                '--key' 'Partition key of all records.' \
                '--key-field' 'JMESPath of each line\'s partition key.' \
                '--records' 'Lines are records as `tail -o ndjson` writes them, keys and all.'
        case 'kinesis scale'
            printf '%s\t%s\n' \
                '--to' 'So many open shards.' \
                '--by' 'So many more or fewer: 2x, -50%, +3.' \
                '--fit' 'So many that the busiest 5 minutes of the last day use this much of them: 60%.' \
                '--engine' 'UpdateShardCount makes equal ranges, 10 calls in 24 h; auto takes it where it can and says why not.' \
                '--resume' 'Go on with an interrupted run.'
        case 'kinesis shards'
            printf '%s\t%s\n' \
                '--all' 'The closed ones too, after the open.' \
                '--heat' 'Add what was written per second in the last 5m, 1h, ...'
        case 'kinesis split'
            printf '%s\t%s\n' \
                '--at' 'Split at this hash key.' \
                '--into' 'Split into so many.' \
                '--isolate' 'Give this partition key a shard of its own.' \
                '--resume' 'Go on with an interrupted run.'
        case 'kinesis tail'
            printf '%s\t%s\n' \
                '--shard' 'Only this shard, its id or number.' \
                '--since' 'How far back to begin, a time, or `start`: all that is kept.' \
                '--decode' 'How the data is shown.' \
                '--count' 'Stop after so many.' \
                '-n' 'Stop after so many.' \
                '--drain' 'Stop when all written so far was read.'
        case 'lambda invoke'
            printf '%s\t%s\n' \
                '--payload-file' 'Read the event from a file.' \
                '--async' 'Queue the call and do not wait.'
        case 'lambda ls'
            printf '%s\t%s\n' \
                '--deprecated' 'Only those whose runtime is deprecated.'
        case 'lambda prune'
            printf '%s\t%s\n' \
                '--keep' 'The newest so many stay.'
        case 'lambda publish'
            printf '%s\t%s\n' \
                '--description' 'What is new in it.' \
                '--sha256' 'Publish only if this is the code\'s CodeSha256.'
        case 'lambda rollback'
            printf '%s\t%s\n' \
                '--to' 'Version; default: the one before.' \
                '--engine' 'client drives it from here; codedeploy has AWS do it, by minutes, and outlives us.' \
                '--application' 'CodeDeploy\'s application; default: the function\'s name.' \
                '--group' 'CodeDeploy\'s group; default: FUNCTION-ALIAS.'
        case 'lambda shift'
            printf '%s\t%s\n' \
                '--to' 'VERSION, latest-published, or publish: $LATEST as a new version.' \
                '--canary' 'One step, like 10%/5m, then all.' \
                '--linear' 'Equal steps, like 10%/1m.' \
                '--steps' 'Weights in per cent, like 1,5,25,100.' \
                '--every' 'How long each of --steps lasts, like 2m or 30s.' \
                '--strategy' 'AWS\'s name, like Canary10Percent5Minutes or AllAtOnce.' \
                '--all-at-once' 'No step in between.' \
                '--alarm' 'Roll back when this alarm goes off; metric or composite.' \
                '--ignore-alarm' 'Go on although this alarm is on.' \
                '--max-error-rate' 'Of the new version: 1%, or +0.5% above the old one.' \
                '--max-p99' 'Of the new version: +20% above the old one, or 800ms.' \
                '--max-throttles' 'Throttled calls of the alias in a step.' \
                '--min-invocations' 'Calls of the new version before a step counts.' \
                '--on-idle' 'What to do when they do not come.' \
                '--poll' 'How often to look, 1s or more.' \
                '--pre' 'Function to ask before the first step.' \
                '--post' 'Function to ask after the promotion.' \
                '--smoke' 'Calls through the alias at each step.' \
                '--wave' 'How many at a time over all targets, like 1,5,rest.' \
                '--resume' 'Go on with an interrupted run.' \
                '--engine' 'client drives it from here; codedeploy has AWS do it, by minutes, and outlives us.' \
                '--create' 'Make what CodeDeploy lacks.' \
                '--application' 'CodeDeploy\'s application; default: the function\'s name.' \
                '--group' 'CodeDeploy\'s group; default: FUNCTION-ALIAS.' \
                '--service-role' 'Role that CodeDeploy acts as; default: one that is made.'
        case 'lambda start'
            printf '%s\t%s\n' \
                '--reserved' 'What to reserve, or none; default: as before the stop.'
        case 'lambda trigger'
            printf '%s\t%s\n' \
                '--disable' 'Stop reading from it.' \
                '--enable' 'Read from it again.' \
                '--bisect' 'Halve a batch that failed; streams.'
        case 'logs context'
            printf '%s\t%s\n' \
                '--lines' 'Events before and after it.' \
                '-C' 'Events before and after it.'
        case 'logs cost'
            printf '%s\t%s\n' \
                '--since' 'How far back to begin, or a time.' \
                '--price' 'USD for a GB scanned; default: config.toml\'s, or the list price.'
        case 'logs export'
            printf '%s\t%s\n' \
                '--since' 'How far back to begin, or a time: 2h, 2026-03-01T12:00Z.' \
                '--from' 'Begin here instead of --since.' \
                '--to' 'End here instead of now.' \
                '--folder' 'Where the files go: a folder of each account and region.' \
                '--filter' 'The service\'s filter pattern.' \
                '--gzip' 'Compress the files.' \
                '--bucket' 'The S3 bucket that a task writes to.' \
                '--prefix' 'What the keys in the bucket begin with.' \
                '--engine' 'read writes files here, task has AWS write to --bucket; auto takes what there is a place for, of both the faster.' \
                '--resume' 'Go on with an interrupted run.'
        case 'logs groups'
            printf '%s\t%s\n' \
                '--regex' 'PATTERN is a regular expression.' \
                '--linked' 'Those of linked accounts too.'
        case 'logs queries-save'
            printf '%s\t%s\n' \
                '--group' 'Log group: name, glob or ARN; may be repeated.' \
                '-g' 'Log group: name, glob or ARN; may be repeated.' \
                '--file' 'Read the query from a file.' \
                '-f' 'Read the query from a file.' \
                '--lang' 'The language of the query.'
        case 'logs queries-sync'
            printf '%s\t%s\n' \
                '--to' 'Which side may change.' \
                '--prefer' 'Which side is right where both have changed.' \
                '--delete' 'What was removed on one side goes from the other too.'
        case 'logs query'
            printf '%s\t%s\n' \
                '--group' 'Log group: name, glob or ARN; may be repeated.' \
                '-g' 'Log group: name, glob or ARN; may be repeated.' \
                '--file' 'Read the query from a file.' \
                '-f' 'Read the query from a file.' \
                '--since' 'How far back to begin, or a time: 2h, 2026-03-01T12:00Z.' \
                '--from' 'Begin here instead of --since.' \
                '--to' 'End here instead of now.' \
                '--limit' 'Rows of one query, at most.' \
                '-n' 'Rows of one query, at most.' \
                '--lang' 'The language of the query.' \
                '--set' 'A parameter of a saved query; may be repeated.' \
                '--all' 'Every row: slice the time into many queries.' \
                '--max-scan' 'Stop when more than this is scanned.' \
                '--max-cost' 'Stop when it has cost more than so many USD.' \
                '--price' 'USD for a GB scanned; default: config.toml\'s, or the list price.' \
                '--no-chart' 'Do not draw what is counted by time.' \
                '--ptr' 'Show @ptr too, for logs record.'
        case 'logs retention'
            printf '%s\t%s\n' \
                '--days' 'Keep events for so many days.' \
                '--forever' 'Never delete events.'
        case 'logs stop'
            printf '%s\t%s\n' \
                '--mine' 'Those that a killed awsops of this machine has left behind.'
        case 'logs tail'
            printf '%s\t%s\n' \
                '--follow' 'Go on as events come in.' \
                '-f' 'Go on as events come in.' \
                '--since' 'How far back to begin, or a time.' \
                '--filter' 'The service\'s filter pattern.' \
                '--grep' 'Only messages that this regular expression finds.' \
                '--where' 'Only JSON messages of which this JMESPath is true.' \
                '--format' 'How a line reads: \'{time} {message}\'.' \
                '--engine' 'live is a Live Tail session, poll asks again and again; auto polls unless that would be slow here.'
        case 'plugin new'
            printf '%s\t%s\n' \
                '--package' 'A package of its own, to be shared, in the current folder.' \
                '--folder' 'Where to write it; default: where awsops looks for plugins.'
        case 'recipe check'
            printf '%s\t%s\n' \
                '--set' 'A parameter; may be repeated.' \
                '--params' 'YAML file of parameters, name: value.'
        case 'recipe policy'
            printf '%s\t%s\n' \
                '--set' 'A parameter; may be repeated.' \
                '--params' 'YAML file of parameters, name: value.' \
                '--seed-from' 'Command lines of awsops to run in the sandbox first.'
        case 'recipe rehearse'
            printf '%s\t%s\n' \
                '--set' 'A parameter; may be repeated.' \
                '--params' 'YAML file of parameters, name: value.' \
                '--chaos' 'Faults, such as throttle=0.1,error=0.02,latency=50ms,seed=7.' \
                '--seed-from' 'Command lines of awsops to run in the sandbox first.'
        case 'recipe report'
            printf '%s\t%s\n' \
                '--html' 'Write one HTML page to this file.'
        case 'recipe resume'
            printf '%s\t%s\n' \
                '--params' 'YAML file of the secrets, which a run does not keep.' \
                '--again' 'Run this step again, which was cut off; may be repeated.' \
                '--done' 'Take this step, which was cut off, as done.'
        case 'recipe run'
            printf '%s\t%s\n' \
                '--set' 'A parameter; may be repeated.' \
                '--params' 'YAML file of parameters, name: value.' \
                '--steps' 'Give the steps as rows, not their results.' \
                '--from' 'Begin with this step.' \
                '--only' 'Run only this step; may be repeated.' \
                '--step' 'Ask before each step.'
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
                '--port' 'Port on 127.0.0.1.' \
                '--registry' 'Have a real docker-registry behind ECR, where it is installed.'
        case 'sandbox stop'
            printf '%s\t%s\n' \
                '--all' 'Stop every sandbox.'
        case 'sqs attrs'
            printf '%s\t%s\n' \
                '--set' 'Name=value, such as VisibilityTimeout=30s; may be repeated.'
        case 'sqs drain'
            printf '%s\t%s\n' \
                '--where' 'Only where this JMESPath over {body, attributes, system, age} is true.' \
                '--match' 'Only where this regular expression is found in the body.' \
                '--since' 'Only those sent since: 2h, or a time.' \
                '--until' 'Only those sent before: 1h, or a time.' \
                '--max' 'Take out at most so many messages.' \
                '--resume' 'Go on with an interrupted run.'
        case 'sqs export'
            printf '%s\t%s\n' \
                '--where' 'Only where this JMESPath over {body, attributes, system, age} is true.' \
                '--match' 'Only where this regular expression is found in the body.' \
                '--since' 'Only those sent since: 2h, or a time.' \
                '--until' 'Only those sent before: 1h, or a time.' \
                '--raise-receive-count' 'Look even where each look counts towards the queue\'s own maxReceiveCount and may push messages into its dead-letter queue.'
        case 'sqs import'
            printf '%s\t%s\n' \
                '--lanes' 'Batches under way at a time; default: --jobs, else 4.'
        case 'sqs ls'
            printf '%s\t%s\n' \
                '--dlq' 'Only queues that are somebody\'s dead-letter queue.' \
                '--age' 'Ask CloudWatch how old the oldest message of each is.'
        case 'sqs peek'
            printf '%s\t%s\n' \
                '--count' 'Look at so many; default 10, with --where or --group-by 1,000.' \
                '-n' 'Look at so many; default 10, with --where or --group-by 1,000.' \
                '--where' 'Only where this JMESPath over {body, attributes, system, age} is true.' \
                '--group-by' 'Count them by this JMESPath of {body, attributes, system, age}.' \
                '--raise-receive-count' 'Look even where each look counts towards the queue\'s own maxReceiveCount and may push messages into its dead-letter queue.'
        case 'sqs purge'
            printf '%s\t%s\n' \
                '--confirm' 'The queue\'s name; on a terminal it is asked for.'
        case 'sqs redrive'
            printf '%s\t%s\n' \
                '--to' 'Where all go; default: each to its own source.' \
                '--where' 'Only where this JMESPath over {body, attributes, system, age} is true.' \
                '--match' 'Only where this regular expression is found in the body.' \
                '--since' 'Only those sent since: 2h, or a time.' \
                '--until' 'Only those sent before: 1h, or a time.' \
                '--max' 'Move at most so many messages.' \
                '--rate' 'Move at most so many a second, like 50/s.' \
                '--backup' 'Append every message to this file before it is sent.' \
                '--transform' 'Send this JMESPath of {body, attributes, system, age} as the body.' \
                '--keep-dedup-id' 'Keep FIFO deduplication ids; SQS drops copies of those it saw in 5 minutes.' \
                '--stop-if-returned' 'Stop when so many of the moved come back, like 20%.' \
                '--each' 'Show a row for each message instead of the sum.' \
                '--to-profile' 'The profile of the account that --to is in.' \
                '--to-region' 'The region that --to is in.' \
                '--engine' 'client moves them from here; aws has SQS move all, at 500/s at most; default: auto, which is aws for slow runs of 15 minutes and more that it can do.' \
                '--lanes' 'Batches under way at a time; default: --jobs, else 4.' \
                '--visibility' 'Hide what is under way for so long; a killed run\'s messages then return.' \
                '--resume' 'Go on with an interrupted run.'
        case 'sqs send'
            printf '%s\t%s\n' \
                '--body-file' 'Read the body from a file, as it is.' \
                '--attribute' 'name=value, name:Number=5 or name:Binary=BASE64; may be repeated.' \
                '--group-id' 'Message group; FIFO queues need one.' \
                '--dedup-id' 'Deduplication id, for FIFO queues.' \
                '--delay' 'Hide it at first, 0s to 15m; not for FIFO queues.' \
                '--many' 'Send each line of this file, like {"body": ..., "group_id": ...}; - is stdin.'
    end
end

# 'NOUN VERB': its groups
function __awsops_groups
    switch $argv[1]
        case 'auth assume' 'auth console' 'auth devices' 'auth exec' 'auth export' 'auth login' 'auth logout' 'auth process' 'creds chain' 'creds decode' 'creds report' 'creds whoami' 'ecr findings' 'ecr images' 'ecr login' 'ecr ls' 'ecr token' 'kinesis consumers' 'kinesis ls' 'kinesis shards' 'kinesis tail' 'lambda aliases' 'lambda config' 'lambda ls' 'lambda status' 'lambda triggers' 'lambda versions' 'logs context' 'logs cost' 'logs exports' 'logs groups' 'logs queries' 'logs queries-show' 'logs query' 'logs record' 'logs running' 'logs tail' 'sqs export' 'sqs ls' 'sqs moves' 'sqs peek' 'sqs policy'
            string split ' ' 'targets output run'
        case 'auth status' 'completion install' 'completion show' 'config edit' 'config get' 'config ls' 'config path' 'config set' 'doctor doctor' 'help help' 'history export' 'history ls' 'history prune' 'history show' 'history verify' 'plugin check' 'plugin ls' 'plugin new' 'recipe check' 'recipe ls' 'recipe new' 'recipe report' 'recipe schema' 'recipe show' 'sandbox env' 'sandbox seed' 'sandbox start' 'sandbox status' 'sandbox stop'
            string split ' ' 'output'
        case 'creds rotate' 'ecr copy' 'ecr lifecycle' 'ecr policy' 'ecr prune' 'ecr push' 'history undo' 'kinesis balance' 'kinesis merge' 'kinesis mode' 'kinesis put' 'kinesis retention' 'kinesis scale' 'kinesis split' 'lambda invoke' 'lambda prune' 'lambda publish' 'lambda revoke' 'lambda rollback' 'lambda shift' 'lambda start' 'lambda stop' 'lambda trigger' 'logs export' 'logs exports-cancel' 'logs queries-rm' 'logs queries-save' 'logs queries-sync' 'logs retention' 'logs stop' 'recipe policy' 'recipe rehearse' 'recipe resume' 'recipe run' 'sqs attrs' 'sqs cancel' 'sqs drain' 'sqs import' 'sqs purge' 'sqs redrive' 'sqs send'
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
        case '--role'
            printf '%s\n' 'roles'
        case '--targets'
            printf '%s\n' 'files'
        case '--endpoint-url' '--jobs' '-j' '--timeout' '--yes-i-mean' '--max-targets'
            printf '%s\n' 'text'
        case '--output' '-o'
            printf '%s\n' 'choices' 'table' 'json' 'ndjson' 'yaml' 'csv' 'text'
        case '--query'
            printf '%s\n' 'query'
        case '--fields'
            printf '%s\n' 'columns'
        case '--color'
            printf '%s\n' 'choices' 'auto' 'always' 'never'
    end
end

# 'NOUN VERB FLAG' or 'NOUN VERB @POSITION': what stands there
function __awsops_own_value
    switch $argv[1]
        case 'auth assume --session-name' 'auth assume --external-id' 'auth assume --policy' 'auth assume --tag' 'auth assume --source-identity' 'auth assume --duration' 'auth assume --code'
            printf '%s\n' 'text'
        case 'auth assume --shell'
            printf '%s\n' 'choices' 'bash' 'zsh' 'fish' 'powershell' 'cmd' 'dotenv' 'json'
        case 'auth assume --write'
            printf '%s\n' 'profile'
        case 'auth assume @*'
            printf '%s\n' 'names' 'auth:complete_roles'
        case 'auth console --service' 'auth console --lasts'
            printf '%s\n' 'text'
        case 'auth exec --code' 'auth exec --duration'
            printf '%s\n' 'text'
        case 'auth exec @*'
            printf '%s\n' 'program'
        case 'auth export --shell'
            printf '%s\n' 'choices' 'bash' 'zsh' 'fish' 'powershell' 'cmd' 'dotenv' 'json'
        case 'auth export --code' 'auth export --duration'
            printf '%s\n' 'text'
        case 'auth login --serial'
            printf '%s\n' 'names' 'auth:complete_devices'
        case 'auth login --code' 'auth login --duration'
            printf '%s\n' 'text'
        case 'auth login --write'
            printf '%s\n' 'profile'
        case 'auth process --code' 'auth process --duration'
            printf '%s\n' 'text'
        case 'completion install @1'
            printf '%s\n' 'choices' 'bash' 'fish' 'powershell' 'zsh'
        case 'completion show @1'
            printf '%s\n' 'choices' 'bash' 'fish' 'powershell' 'zsh'
        case 'config get @1'
            printf '%s\n' 'names' 'config:complete_keys'
        case 'config set @1'
            printf '%s\n' 'names' 'config:complete_keys'
        case 'config set @*'
            printf '%s\n' 'names' 'config:complete_values:set:key=1'
        case 'creds report --stale'
            printf '%s\n' 'text'
        case 'creds rotate --code'
            printf '%s\n' 'text'
        case 'doctor doctor @*'
            printf '%s\n' 'profile'
        case 'ecr copy --to-profile'
            printf '%s\n' 'profile'
        case 'ecr copy --to-region'
            printf '%s\n' 'region'
        case 'ecr copy @1'
            printf '%s\n' 'names' 'ecr:complete_references:copy:stem?'
        case 'ecr copy @2'
            printf '%s\n' 'names' 'ecr:complete_goals:copy:to_profile?=--to-profile,to_region?=--to-region,stem?:--to-profile,--to-region'
        case 'ecr findings --fail-on'
            printf '%s\n' 'choices' 'critical' 'high' 'medium' 'low' 'informational' 'undefined'
        case 'ecr findings --scan-timeout'
            printf '%s\n' 'text'
        case 'ecr findings @1'
            printf '%s\n' 'names' 'ecr:complete_repositories'
        case 'ecr findings @2'
            printf '%s\n' 'names' 'ecr:complete_images:findings:repository=1:--fail-on,--scan-timeout'
        case 'ecr images @1'
            printf '%s\n' 'names' 'ecr:complete_repositories'
        case 'ecr lifecycle --set'
            printf '%s\n' 'files'
        case 'ecr lifecycle @1'
            printf '%s\n' 'names' 'ecr:complete_repositories'
        case 'ecr login --tool'
            printf '%s\n' 'names' 'ecr:complete_tools'
        case 'ecr login --registry-ids'
            printf '%s\n' 'text'
        case 'ecr ls @1'
            printf '%s\n' 'names' 'ecr:complete_repositories'
        case 'ecr policy --set'
            printf '%s\n' 'files'
        case 'ecr policy @1'
            printf '%s\n' 'names' 'ecr:complete_repositories'
        case 'ecr prune --keep' 'ecr prune --older-than'
            printf '%s\n' 'text'
        case 'ecr prune --protect'
            printf '%s\n' 'names' 'ecr:complete_images:prune:repository=1:--keep,--older-than,--protect'
        case 'ecr prune @1'
            printf '%s\n' 'names' 'ecr:complete_repositories'
        case 'ecr push --tag' 'ecr push --scan-timeout'
            printf '%s\n' 'text'
        case 'ecr push --fail-on'
            printf '%s\n' 'choices' 'critical' 'high' 'medium' 'low' 'informational' 'undefined'
        case 'ecr push @1'
            printf '%s\n' 'files'
        case 'ecr push @2'
            printf '%s\n' 'names' 'ecr:complete_goals:push:stem?'
        case 'help help @1'
            printf '%s\n' 'names' 'help:complete_topics'
        case 'help help @2'
            printf '%s\n' 'names' 'help:complete_verbs:help:topic=1'
        case 'history export --since'
            printf '%s\n' 'text'
        case 'history ls --since' 'history ls --limit' 'history ls -n'
            printf '%s\n' 'text'
        case 'history ls --account'
            printf '%s\n' 'names' 'history:complete_accounts'
        case 'history ls --service'
            printf '%s\n' 'names' 'history:complete_services'
        case 'history prune --older-than'
            printf '%s\n' 'text'
        case 'history show @1'
            printf '%s\n' 'names' 'history:complete_changing_runs'
        case 'history undo @1'
            printf '%s\n' 'names' 'history:complete_changing_runs'
        case 'kinesis balance --to'
            printf '%s\n' 'text'
        case 'kinesis balance --engine'
            printf '%s\n' 'choices' 'auto' 'update-shard-count' 'split-merge'
        case 'kinesis balance --resume'
            printf '%s\n' 'names' 'kinesis:complete_runs:balance:stream=1:--engine,--resume,--to'
        case 'kinesis balance @1'
            printf '%s\n' 'names' 'kinesis:complete_streams'
        case 'kinesis consumers @1'
            printf '%s\n' 'names' 'kinesis:complete_streams'
        case 'kinesis ls @1'
            printf '%s\n' 'names' 'kinesis:complete_streams'
        case 'kinesis merge --at'
            printf '%s\n' 'text'
        case 'kinesis merge --resume'
            printf '%s\n' 'names' 'kinesis:complete_runs:merge:stream=1:--at,--resume'
        case 'kinesis merge @1'
            printf '%s\n' 'names' 'kinesis:complete_streams'
        case 'kinesis merge @2'
            printf '%s\n' 'names' 'kinesis:complete_shards:merge:stream=1:--at,--resume'
        case 'kinesis merge @3'
            printf '%s\n' 'names' 'kinesis:complete_neighbours:merge:stream=1,shard=2:--at,--resume'
        case 'kinesis mode @1'
            printf '%s\n' 'names' 'kinesis:complete_streams'
        case 'kinesis mode @2'
            printf '%s\n' 'names' 'kinesis:complete_modes'
        case 'kinesis put --key' 'kinesis put --key-field'
            printf '%s\n' 'text'
        case 'kinesis put @1'
            printf '%s\n' 'names' 'kinesis:complete_streams'
        case 'kinesis put @2'
            printf '%s\n' 'files'
        case 'kinesis retention @1'
            printf '%s\n' 'names' 'kinesis:complete_streams'
        case 'kinesis scale --to' 'kinesis scale --by' 'kinesis scale --fit'
            printf '%s\n' 'text'
        case 'kinesis scale --engine'
            printf '%s\n' 'choices' 'auto' 'update-shard-count' 'split-merge'
        case 'kinesis scale --resume'
            printf '%s\n' 'names' 'kinesis:complete_runs:scale:stream=1:--by,--engine,--fit,--resume,--to'
        case 'kinesis scale @1'
            printf '%s\n' 'names' 'kinesis:complete_streams'
        case 'kinesis shards --heat'
            printf '%s\n' 'text'
        case 'kinesis shards @1'
            printf '%s\n' 'names' 'kinesis:complete_streams'
        case 'kinesis split --at' 'kinesis split --into' 'kinesis split --isolate'
            printf '%s\n' 'text'
        case 'kinesis split --resume'
            printf '%s\n' 'names' 'kinesis:complete_runs:split:stream=1:--at,--into,--isolate,--resume'
        case 'kinesis split @1'
            printf '%s\n' 'names' 'kinesis:complete_streams'
        case 'kinesis split @2'
            printf '%s\n' 'names' 'kinesis:complete_shards:split:stream=1:--at,--into,--isolate,--resume'
        case 'kinesis tail --shard'
            printf '%s\n' 'names' 'kinesis:complete_readable:tail:stream=1:--count,--decode,--shard,--since,-n'
        case 'kinesis tail --since' 'kinesis tail --count' 'kinesis tail -n'
            printf '%s\n' 'text'
        case 'kinesis tail --decode'
            printf '%s\n' 'choices' 'auto' 'json' 'text' 'base64' 'gzip'
        case 'kinesis tail @1'
            printf '%s\n' 'names' 'kinesis:complete_streams'
        case 'lambda aliases @1'
            printf '%s\n' 'names' 'lambda:complete_functions'
        case 'lambda config @1'
            printf '%s\n' 'names' 'lambda:complete_functions'
        case 'lambda invoke --payload-file'
            printf '%s\n' 'files'
        case 'lambda invoke @1'
            printf '%s\n' 'names' 'lambda:complete_qualified:invoke:stem?'
        case 'lambda ls @1'
            printf '%s\n' 'names' 'lambda:complete_functions'
        case 'lambda prune --keep'
            printf '%s\n' 'text'
        case 'lambda prune @1'
            printf '%s\n' 'names' 'lambda:complete_functions'
        case 'lambda publish --description' 'lambda publish --sha256'
            printf '%s\n' 'text'
        case 'lambda publish @1'
            printf '%s\n' 'names' 'lambda:complete_functions'
        case 'lambda revoke @1'
            printf '%s\n' 'names' 'lambda:complete_qualified:revoke:stem?'
        case 'lambda revoke @2'
            printf '%s\n' 'names' 'lambda:complete_statements:revoke:function=1'
        case 'lambda rollback --to'
            printf '%s\n' 'names' 'lambda:complete_versions:rollback:alias=1:--application,--engine,--group,--to'
        case 'lambda rollback --engine'
            printf '%s\n' 'choices' 'client' 'codedeploy'
        case 'lambda rollback --application'
            printf '%s\n' 'names' 'lambda:complete_applications'
        case 'lambda rollback --group'
            printf '%s\n' 'names' 'lambda:complete_deployment_groups:rollback:alias?=1,application?=--application:--application,--engine,--group,--to'
        case 'lambda rollback @1'
            printf '%s\n' 'names' 'lambda:complete_aliases:rollback:stem?'
        case 'lambda shift --to'
            printf '%s\n' 'names' 'lambda:complete_new_versions:shift:aliases=1*:--alarm,--application,--canary,--engine,--every,--group,--ignore-alarm,--linear,--max-error-rate,--max-p99,--max-throttles,--min-invocations,--on-idle,--poll,--post,--pre,--resume,--service-role,--smoke,--steps,--strategy,--to,--wave'
        case 'lambda shift --canary' 'lambda shift --linear' 'lambda shift --steps' 'lambda shift --every' 'lambda shift --max-error-rate' 'lambda shift --max-p99' 'lambda shift --max-throttles' 'lambda shift --min-invocations' 'lambda shift --poll' 'lambda shift --smoke' 'lambda shift --wave'
            printf '%s\n' 'text'
        case 'lambda shift --strategy'
            printf '%s\n' 'names' 'lambda:complete_strategies'
        case 'lambda shift --alarm' 'lambda shift --ignore-alarm'
            printf '%s\n' 'names' 'lambda:complete_alarms'
        case 'lambda shift --on-idle'
            printf '%s\n' 'choices' 'wait' 'continue' 'rollback'
        case 'lambda shift --pre' 'lambda shift --post'
            printf '%s\n' 'names' 'lambda:complete_functions'
        case 'lambda shift --resume'
            printf '%s\n' 'names' 'lambda:complete_shifts:shift:aliases=1*:--alarm,--application,--canary,--engine,--every,--group,--ignore-alarm,--linear,--max-error-rate,--max-p99,--max-throttles,--min-invocations,--on-idle,--poll,--post,--pre,--resume,--service-role,--smoke,--steps,--strategy,--to,--wave'
        case 'lambda shift --engine'
            printf '%s\n' 'choices' 'client' 'codedeploy'
        case 'lambda shift --application'
            printf '%s\n' 'names' 'lambda:complete_applications'
        case 'lambda shift --group'
            printf '%s\n' 'names' 'lambda:complete_deployment_groups:shift:aliases?=1*,application?=--application:--alarm,--application,--canary,--engine,--every,--group,--ignore-alarm,--linear,--max-error-rate,--max-p99,--max-throttles,--min-invocations,--on-idle,--poll,--post,--pre,--resume,--service-role,--smoke,--steps,--strategy,--to,--wave'
        case 'lambda shift --service-role'
            printf '%s\n' 'names' 'lambda:complete_service_roles'
        case 'lambda shift @*'
            printf '%s\n' 'names' 'lambda:complete_aliases:shift:stem?'
        case 'lambda start --reserved'
            printf '%s\n' 'text'
        case 'lambda start @1'
            printf '%s\n' 'names' 'lambda:complete_functions'
        case 'lambda status @1'
            printf '%s\n' 'names' 'lambda:complete_aliases:status:stem?'
        case 'lambda stop @1'
            printf '%s\n' 'names' 'lambda:complete_functions'
        case 'lambda trigger --bisect'
            printf '%s\n' 'choices' 'on' 'off'
        case 'lambda trigger @1'
            printf '%s\n' 'names' 'lambda:complete_functions'
        case 'lambda trigger @2'
            printf '%s\n' 'names' 'lambda:complete_triggers:trigger:function=1:--bisect'
        case 'lambda triggers @1'
            printf '%s\n' 'names' 'lambda:complete_functions'
        case 'lambda versions @1'
            printf '%s\n' 'names' 'lambda:complete_functions'
        case 'logs context --lines' 'logs context -C'
            printf '%s\n' 'text'
        case 'logs cost --since' 'logs cost --price'
            printf '%s\n' 'text'
        case 'logs export --since' 'logs export --from' 'logs export --to' 'logs export --filter' 'logs export --prefix'
            printf '%s\n' 'text'
        case 'logs export --folder'
            printf '%s\n' 'files'
        case 'logs export --bucket'
            printf '%s\n' 'names' 'logs:complete_buckets'
        case 'logs export --engine'
            printf '%s\n' 'choices' 'auto' 'read' 'task'
        case 'logs export --resume'
            printf '%s\n' 'names' 'logs:complete_exports'
        case 'logs export @*'
            printf '%s\n' 'names' 'logs:complete_groups'
        case 'logs exports-cancel @1'
            printf '%s\n' 'names' 'logs:complete_tasks'
        case 'logs groups @1'
            printf '%s\n' 'names' 'logs:complete_groups'
        case 'logs queries-rm @1'
            printf '%s\n' 'names' 'logs:complete_definitions'
        case 'logs queries-save --group' 'logs queries-save -g'
            printf '%s\n' 'names' 'logs:complete_groups'
        case 'logs queries-save --file' 'logs queries-save -f'
            printf '%s\n' 'files'
        case 'logs queries-save --lang'
            printf '%s\n' 'choices' 'cwli' 'sql' 'ppl'
        case 'logs queries-save @1'
            printf '%s\n' 'names' 'logs:complete_definitions'
        case 'logs queries-show @1'
            printf '%s\n' 'names' 'logs:complete_saved'
        case 'logs queries-sync --to'
            printf '%s\n' 'choices' 'both' 'account' 'folder'
        case 'logs queries-sync --prefer'
            printf '%s\n' 'choices' 'account' 'folder'
        case 'logs queries-sync @1'
            printf '%s\n' 'files'
        case 'logs query --group' 'logs query -g'
            printf '%s\n' 'names' 'logs:complete_groups'
        case 'logs query --file' 'logs query -f'
            printf '%s\n' 'files'
        case 'logs query --since' 'logs query --from' 'logs query --to' 'logs query --limit' 'logs query -n' 'logs query --max-scan' 'logs query --max-cost' 'logs query --price'
            printf '%s\n' 'text'
        case 'logs query --lang'
            printf '%s\n' 'choices' 'cwli' 'sql' 'ppl'
        case 'logs query --set'
            printf '%s\n' 'names' 'logs:complete_parameters:query:text=1:--file,--from,--group,--lang,--limit,--max-cost,--max-scan,--price,--set,--since,--to,-f,-g,-n'
        case 'logs query @1'
            printf '%s\n' 'names' 'logs:complete_saved'
        case 'logs retention --days'
            printf '%s\n' 'names' 'logs:complete_retentions'
        case 'logs retention @*'
            printf '%s\n' 'names' 'logs:complete_groups'
        case 'logs stop @*'
            printf '%s\n' 'names' 'logs:complete_running'
        case 'logs tail --since' 'logs tail --filter' 'logs tail --grep' 'logs tail --where' 'logs tail --format'
            printf '%s\n' 'text'
        case 'logs tail --engine'
            printf '%s\n' 'choices' 'auto' 'poll' 'live'
        case 'logs tail @*'
            printf '%s\n' 'names' 'logs:complete_groups'
        case 'plugin check @*'
            printf '%s\n' 'names' 'plugin:complete_plugins'
        case 'plugin new --folder'
            printf '%s\n' 'files'
        case 'recipe check --set'
            printf '%s\n' 'names' 'recipe:complete_parameters:check:name?=1,stem?:--params,--set'
        case 'recipe check --params'
            printf '%s\n' 'files'
        case 'recipe check @1'
            printf '%s\n' 'names-or-files' 'recipe:complete_recipes'
        case 'recipe new @*'
            printf '%s\n' 'names' 'recipe:complete_changing_runs'
        case 'recipe policy --set'
            printf '%s\n' 'names' 'recipe:complete_parameters:policy:name?=1,stem?:--params,--seed-from,--set'
        case 'recipe policy --params' 'recipe policy --seed-from'
            printf '%s\n' 'files'
        case 'recipe policy @1'
            printf '%s\n' 'names-or-files' 'recipe:complete_recipes'
        case 'recipe rehearse --set'
            printf '%s\n' 'names' 'recipe:complete_parameters:rehearse:name?=1,stem?:--chaos,--params,--seed-from,--set'
        case 'recipe rehearse --params' 'recipe rehearse --seed-from'
            printf '%s\n' 'files'
        case 'recipe rehearse --chaos'
            printf '%s\n' 'names' 'recipe:complete_faults:rehearse:stem?'
        case 'recipe rehearse @1'
            printf '%s\n' 'names-or-files' 'recipe:complete_recipes'
        case 'recipe report --html'
            printf '%s\n' 'files'
        case 'recipe report @1'
            printf '%s\n' 'names' 'recipe:complete_runs'
        case 'recipe resume --params'
            printf '%s\n' 'files'
        case 'recipe resume --again' 'recipe resume --done'
            printf '%s\n' 'names' 'recipe:complete_cut_off:resume:run=1:--again,--done,--params'
        case 'recipe resume @1'
            printf '%s\n' 'names' 'recipe:complete_runs'
        case 'recipe run --set'
            printf '%s\n' 'names' 'recipe:complete_parameters:run:name?=1,stem?:--from,--only,--params,--set'
        case 'recipe run --params'
            printf '%s\n' 'files'
        case 'recipe run --from' 'recipe run --only'
            printf '%s\n' 'names' 'recipe:complete_steps:run:name=1:--from,--only,--params,--set'
        case 'recipe run @1'
            printf '%s\n' 'names-or-files' 'recipe:complete_recipes'
        case 'recipe show @1'
            printf '%s\n' 'names-or-files' 'recipe:complete_recipes'
        case 'sandbox env @1'
            printf '%s\n' 'names' 'sandbox:complete_sandboxes'
        case 'sandbox seed --messages' 'sandbox seed -n'
            printf '%s\n' 'text'
        case 'sandbox seed @1'
            printf '%s\n' 'names' 'sandbox:complete_sandboxes'
        case 'sandbox start --chaos'
            printf '%s\n' 'names' 'sandbox:complete_faults:start:stem?'
        case 'sandbox start --port'
            printf '%s\n' 'text'
        case 'sandbox start @1'
            printf '%s\n' 'names' 'sandbox:complete_sandboxes'
        case 'sandbox stop @1'
            printf '%s\n' 'names' 'sandbox:complete_sandboxes'
        case 'sqs attrs --set'
            printf '%s\n' 'names' 'sqs:complete_settings:attrs:queue=1,stem?:--set'
        case 'sqs attrs @1'
            printf '%s\n' 'names' 'sqs:complete_queues'
        case 'sqs cancel @1'
            printf '%s\n' 'names' 'sqs:complete_dlqs'
        case 'sqs drain --where' 'sqs drain --match' 'sqs drain --since' 'sqs drain --until' 'sqs drain --max'
            printf '%s\n' 'text'
        case 'sqs drain --resume'
            printf '%s\n' 'names' 'sqs:complete_drains:drain:queue=1:--match,--max,--resume,--since,--until,--where'
        case 'sqs drain @1'
            printf '%s\n' 'names' 'sqs:complete_queues'
        case 'sqs drain @2'
            printf '%s\n' 'files'
        case 'sqs export --where' 'sqs export --match' 'sqs export --since' 'sqs export --until'
            printf '%s\n' 'text'
        case 'sqs export @1'
            printf '%s\n' 'names' 'sqs:complete_queues'
        case 'sqs export @2'
            printf '%s\n' 'files'
        case 'sqs import --lanes'
            printf '%s\n' 'text'
        case 'sqs import @1'
            printf '%s\n' 'names' 'sqs:complete_queues'
        case 'sqs import @2'
            printf '%s\n' 'files'
        case 'sqs ls @1'
            printf '%s\n' 'names' 'sqs:complete_queues'
        case 'sqs moves @1'
            printf '%s\n' 'names' 'sqs:complete_dlqs'
        case 'sqs peek --count' 'sqs peek -n' 'sqs peek --where' 'sqs peek --group-by'
            printf '%s\n' 'text'
        case 'sqs peek @1'
            printf '%s\n' 'names' 'sqs:complete_queues'
        case 'sqs policy @1'
            printf '%s\n' 'names' 'sqs:complete_queues'
        case 'sqs purge --confirm'
            printf '%s\n' 'text'
        case 'sqs purge @1'
            printf '%s\n' 'names' 'sqs:complete_queues'
        case 'sqs redrive --to'
            printf '%s\n' 'names' 'sqs:complete_goals:redrive:to_profile?=--to-profile,to_region?=--to-region:--backup,--engine,--lanes,--match,--max,--rate,--resume,--since,--stop-if-returned,--to,--to-profile,--to-region,--transform,--until,--visibility,--where'
        case 'sqs redrive --where' 'sqs redrive --match' 'sqs redrive --since' 'sqs redrive --until' 'sqs redrive --max' 'sqs redrive --rate' 'sqs redrive --transform' 'sqs redrive --stop-if-returned' 'sqs redrive --lanes' 'sqs redrive --visibility'
            printf '%s\n' 'text'
        case 'sqs redrive --backup'
            printf '%s\n' 'files'
        case 'sqs redrive --to-profile'
            printf '%s\n' 'profile'
        case 'sqs redrive --to-region'
            printf '%s\n' 'region'
        case 'sqs redrive --engine'
            printf '%s\n' 'choices' 'client' 'aws' 'auto'
        case 'sqs redrive --resume'
            printf '%s\n' 'names' 'sqs:complete_redrives:redrive:dlq=1:--backup,--engine,--lanes,--match,--max,--rate,--resume,--since,--stop-if-returned,--to,--to-profile,--to-region,--transform,--until,--visibility,--where'
        case 'sqs redrive @1'
            printf '%s\n' 'names' 'sqs:complete_dlqs'
        case 'sqs send --body-file' 'sqs send --many'
            printf '%s\n' 'files'
        case 'sqs send --attribute' 'sqs send --group-id' 'sqs send --dedup-id' 'sqs send --delay'
            printf '%s\n' 'text'
        case 'sqs send @1'
            printf '%s\n' 'names' 'sqs:complete_queues'
    end
end

# 'NOUN VERB': the columns of its rows
function __awsops_columns
    switch $argv[1]
        case 'auth assume'
            printf '%s\n' 'profile' 'role' 'account' 'arn' 'expires_at' 'reused' 'region'
        case 'auth console'
            printf '%s\n' 'account' 'arn' 'url' 'profile' 'region'
        case 'auth devices'
            printf '%s\n' 'serial' 'kind' 'enabled_at' 'usable' 'profile' 'account' 'region'
        case 'auth login'
            printf '%s\n' 'profile' 'account' 'arn' 'serial' 'expires_at' 'reused' 'region'
        case 'auth logout'
            printf '%s\n' 'profile' 'kind' 'arn' 'expires_at' 'ended' 'account' 'region'
        case 'auth status'
            printf '%s\n' 'profile' 'kind' 'account' 'arn' 'serial' 'start_url' 'access_key_suffix' 'expires_at' 'seconds_left'
        case 'completion install'
            printf '%s\n' 'shell' 'status' 'path'
        case 'config get'
            printf '%s\n' 'key' 'value' 'source'
        case 'config ls'
            printf '%s\n' 'key' 'value' 'source'
        case 'config set'
            printf '%s\n' 'key' 'before' 'after' 'path'
        case 'creds chain'
            printf '%s\n' 'part' 'order' 'provider' 'status' 'access_key_suffix' 'source' 'expires_at' 'note' 'profile' 'account' 'region'
        case 'creds decode'
            printf '%s\n' 'verdict' 'principal' 'action' 'resource' 'statements' 'conditions' 'message' 'profile' 'account' 'region'
        case 'creds report'
            printf '%s\n' 'user' 'kind' 'active' 'mfa' 'age_days' 'last_used_days' 'finding' 'profile' 'account' 'region'
        case 'creds rotate'
            printf '%s\n' 'user' 'new_key_suffix' 'old_key_suffix' 'old_key' 'file' 'profile' 'account' 'region'
        case 'creds whoami'
            printf '%s\n' 'account' 'arn' 'user_id' 'region' 'credential_source' 'expires_at' 'profile'
        case 'doctor doctor'
            printf '%s\n' 'area' 'status' 'finding' 'next'
        case 'ecr copy'
            printf '%s\n' 'source' 'target' 'digest' 'status' 'profile' 'account' 'region'
        case 'ecr findings'
            printf '%s\n' 'severity' 'name' 'package' 'version' 'fixed_in' 'uri' 'profile' 'account' 'region'
        case 'ecr images'
            printf '%s\n' 'tags' 'kind' 'size' 'pushed_at' 'pulled_at' 'findings' 'digest' 'subject' 'status' 'profile' 'account' 'region'
        case 'ecr login'
            printf '%s\n' 'registry' 'tool' 'expires_at' 'status' 'detail' 'profile' 'account' 'region'
        case 'ecr ls'
            printf '%s\n' 'repository' 'mutability' 'scan_on_push' 'created_at' 'uri' 'profile' 'account' 'region'
        case 'ecr prune'
            printf '%s\n' 'repository' 'digest' 'tags' 'size' 'status' 'profile' 'account' 'region'
        case 'ecr push'
            printf '%s\n' 'registry' 'repository' 'tag' 'digest' 'size' 'pushed' 'status' 'image' 'severity' 'findings' 'profile' 'account' 'region'
        case 'ecr token'
            printf '%s\n' 'registry' 'user' 'password' 'expires_at' 'profile' 'account' 'region'
        case 'help help'
            printf '%s\n' 'topic' 'kind' 'about' 'name' 'path'
        case 'history export'
            printf '%s\n' 'entry' 'run' 'kind' 'body' 'hash'
        case 'history ls'
            printf '%s\n' 'run' 'command' 'started_at' 'seconds' 'exit_code' 'changes' 'calls' 'accounts'
        case 'history prune'
            printf '%s\n' 'journal' 'removed' 'before'
        case 'history show'
            printf '%s\n' 'at' 'account' 'region' 'service' 'operation' 'params' 'request_id' 'outcome' 'error' 'caller' 'change' 'status' 'action' 'resource' 'detail' 'before' 'after' 'undo' 'why_no_undo'
        case 'history undo'
            printf '%s\n' 'change' 'account' 'region' 'action' 'resource' 'status' 'undo' 'detail' 'profile'
        case 'history verify'
            printf '%s\n' 'journal' 'entries' 'status' 'problem'
        case 'kinesis balance'
            printf '%s\n' 'run' 'stream' 'before' 'open_shards' 'steps' 'seconds' 'profile' 'account' 'region'
        case 'kinesis consumers'
            printf '%s\n' 'name' 'status' 'created_at' 'arn' 'profile' 'account' 'region'
        case 'kinesis ls'
            printf '%s\n' 'name' 'mode' 'status' 'open_shards' 'retention' 'consumers' 'encryption' 'profile' 'account' 'region'
        case 'kinesis merge'
            printf '%s\n' 'run' 'stream' 'before' 'open_shards' 'steps' 'seconds' 'profile' 'account' 'region'
        case 'kinesis mode'
            printf '%s\n' 'stream' 'mode' 'status' 'profile' 'account' 'region'
        case 'kinesis put'
            printf '%s\n' 'stream' 'records' 'bytes' 'retried' 'failed' 'shards' 'seconds' 'profile' 'account' 'region'
        case 'kinesis retention'
            printf '%s\n' 'stream' 'retention' 'status' 'profile' 'account' 'region'
        case 'kinesis scale'
            printf '%s\n' 'run' 'stream' 'before' 'open_shards' 'steps' 'seconds' 'profile' 'account' 'region'
        case 'kinesis shards'
            printf '%s\n' 'shard_id' 'start_hash' 'end_hash' 'share' 'parent' 'adjacent_parent' 'state' 'bytes_per_s' 'records_per_s' 'throttles_per_s' 'use' 'profile' 'account' 'region'
        case 'kinesis split'
            printf '%s\n' 'run' 'stream' 'before' 'open_shards' 'steps' 'seconds' 'profile' 'account' 'region'
        case 'kinesis tail'
            printf '%s\n' 'time' 'shard_id' 'sequence_number' 'partition_key' 'data' 'encoding' 'profile' 'account' 'region'
        case 'lambda aliases'
            printf '%s\n' 'name' 'version' 'other_version' 'weight' 'description' 'profile' 'account' 'region'
        case 'lambda config'
            printf '%s\n' 'kind' 'name' 'value' 'profile' 'account' 'region'
        case 'lambda invoke'
            printf '%s\n' 'function' 'version' 'status' 'error' 'payload' 'profile' 'account' 'region'
        case 'lambda ls'
            printf '%s\n' 'name' 'runtime' 'deprecated' 'deprecated_at' 'memory_mb' 'timeout_seconds' 'code_bytes' 'changed_at' 'state' 'profile' 'account' 'region'
        case 'lambda prune'
            printf '%s\n' 'function' 'version' 'code_bytes' 'outcome' 'profile' 'account' 'region'
        case 'lambda publish'
            printf '%s\n' 'function' 'version' 'sha256' 'new' 'profile' 'account' 'region'
        case 'lambda revoke'
            printf '%s\n' 'function' 'statement' 'was' 'profile' 'account' 'region'
        case 'lambda rollback'
            printf '%s\n' 'alias' 'version' 'was' 'profile' 'account' 'region'
        case 'lambda shift'
            printf '%s\n' 'alias' 'step' 'weight' 'old_version' 'new_version' 'invocations' 'errors' 'error_rate' 'p99_ms' 'verdict' 'at' 'profile' 'account' 'region'
        case 'lambda start'
            printf '%s\n' 'function' 'before' 'after' 'profile' 'account' 'region'
        case 'lambda status'
            printf '%s\n' 'alias' 'version' 'other_version' 'weight' 'state' 'run' 'step' 'strategy' 'started_at' 'profile' 'account' 'region'
        case 'lambda stop'
            printf '%s\n' 'function' 'before' 'after' 'profile' 'account' 'region'
        case 'lambda trigger'
            printf '%s\n' 'id' 'source' 'target' 'state' 'batch' 'lag_seconds' 'bisect' 'last_result' 'profile' 'account' 'region'
        case 'lambda triggers'
            printf '%s\n' 'id' 'source' 'target' 'state' 'batch' 'lag_seconds' 'bisect' 'last_result' 'profile' 'account' 'region'
        case 'lambda versions'
            printf '%s\n' 'version' 'aliases' 'changed_at' 'runtime' 'code_bytes' 'sha256' 'description' 'profile' 'account' 'region'
        case 'logs context'
            printf '%s\n' 'here' 'time' 'stream' 'message' 'profile' 'account' 'region'
        case 'logs cost'
            printf '%s\n' 'who' 'group' 'queries' 'scanned_bytes' 'usd' 'last_at' 'profile' 'account' 'region'
        case 'logs export'
            printf '%s\n' 'group' 'events' 'files' 'file_bytes' 'folder' 'task' 'status' 'bucket' 'prefix' 'created_at' 'ended_at' 'reason' 'profile' 'account' 'region'
        case 'logs exports'
            printf '%s\n' 'task' 'status' 'group' 'bucket' 'prefix' 'created_at' 'ended_at' 'reason' 'profile' 'account' 'region'
        case 'logs exports-cancel'
            printf '%s\n' 'task' 'status' 'group' 'bucket' 'prefix' 'created_at' 'ended_at' 'reason' 'profile' 'account' 'region'
        case 'logs groups'
            printf '%s\n' 'name' 'class' 'stored_bytes' 'retention_days' 'last_event' 'kms' 'account' 'profile' 'region'
        case 'logs queries'
            printf '%s\n' 'name' 'origin' 'purpose' 'params' 'groups' 'profile' 'account' 'region'
        case 'logs queries-rm'
            printf '%s\n' 'name' 'change' 'profile' 'account' 'region'
        case 'logs queries-save'
            printf '%s\n' 'name' 'change' 'profile' 'account' 'region'
        case 'logs queries-sync'
            printf '%s\n' 'name' 'change' 'profile' 'account' 'region'
        case 'logs retention'
            printf '%s\n' 'group' 'retention_days' 'profile' 'account' 'region'
        case 'logs running'
            printf '%s\n' 'query' 'status' 'started_at' 'group' 'text' 'who' 'profile' 'account' 'region'
        case 'logs stop'
            printf '%s\n' 'query' 'outcome' 'profile' 'account' 'region'
        case 'logs tail'
            printf '%s\n' 'time' 'group' 'stream' 'message' 'profile' 'account' 'region'
        case 'plugin check'
            printf '%s\n' 'noun' 'where' 'problem' 'mend'
        case 'plugin ls'
            printf '%s\n' 'noun' 'kind' 'origin' 'commands' 'status' 'error'
        case 'plugin new'
            printf '%s\n' 'file' 'holds'
        case 'recipe check'
            printf '%s\n' 'file' 'line' 'column' 'problem' 'hint'
        case 'recipe ls'
            printf '%s\n' 'name' 'summary' 'params' 'steps' 'origin' 'status' 'error' 'path'
        case 'recipe rehearse'
            printf '%s\n' 'recipe' 'result' 'exit_code' 'steps' 'calls' 'changes' 'faults' 'seconds' 'problem' 'profile' 'account' 'region'
        case 'recipe show'
            printf '%s\n' 'part' 'name' 'what' 'details'
        case 'sandbox seed'
            printf '%s\n' 'account' 'queue' 'messages'
        case 'sandbox start'
            printf '%s\n' 'name' 'endpoint' 'pid' 'started_at' 'profiles' 'chaos' 'folder'
        case 'sandbox status'
            printf '%s\n' 'name' 'endpoint' 'pid' 'started_at' 'profiles' 'chaos' 'folder'
        case 'sandbox stop'
            printf '%s\n' 'name' 'status'
        case 'sqs attrs'
            printf '%s\n' 'name' 'value' 'settable' 'profile' 'account' 'region'
        case 'sqs cancel'
            printf '%s\n' 'dlq' 'status' 'destination' 'moved' 'to_move' 'rate' 'started_at' 'failure_reason' 'profile' 'account' 'region'
        case 'sqs drain'
            printf '%s\n' 'queue' 'file' 'drained' 'skipped' 'in_file' 'profile' 'account' 'region'
        case 'sqs export'
            printf '%s\n' 'queue' 'file' 'messages' 'skipped' 'profile' 'account' 'region'
        case 'sqs import'
            printf '%s\n' 'file' 'queue' 'sent' 'failed' 'profile' 'account' 'region'
        case 'sqs ls'
            printf '%s\n' 'name' 'type' 'visible' 'in_flight' 'delayed' 'dlq' 'max_receive_count' 'url' 'oldest_seconds' 'profile' 'account' 'region'
        case 'sqs moves'
            printf '%s\n' 'dlq' 'status' 'destination' 'moved' 'to_move' 'rate' 'started_at' 'failure_reason' 'profile' 'account' 'region'
        case 'sqs peek'
            printf '%s\n' 'message_id' 'sent_at' 'receive_count' 'body' 'attributes' 'group_id' 'dedup_id' 'trace_header' 'source' 'sender' 'kind' 'messages' 'oldest' 'newest' 'example' 'profile' 'account' 'region'
        case 'sqs policy'
            printf '%s\n' 'tree' 'dlq' 'source' 'max_receive_count' 'visible' 'problem' 'profile' 'account' 'region'
        case 'sqs purge'
            printf '%s\n' 'queue' 'about' 'profile' 'account' 'region'
        case 'sqs redrive'
            printf '%s\n' 'run' 'dlq' 'destination' 'matched' 'moved' 'skipped' 'failed' 'resumed' 'seconds' 'rate' 'message_id' 'outcome' 'reason' 'profile' 'account' 'region'
        case 'sqs send'
            printf '%s\n' 'message_id' 'queue' 'md5' 'sequence_number' 'profile' 'account' 'region'
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

function __awsops_profile_groups
    set -l folder $HOME/.config/awsops
    set -q XDG_CONFIG_HOME[1]; and set folder $XDG_CONFIG_HOME/awsops
    set -q AWSOPS_CONFIG_DIR[1]; and set folder $AWSOPS_CONFIG_DIR
    set -l file $folder/config.toml
    set -q AWSOPS_CONFIG_FILE[1]; and set file $AWSOPS_CONFIG_FILE
    test -f "$file"; and test -r "$file"; or return
    set -l inside 0
    while read -l line
        if string match -qr '^\[' -- $line
            string match -q '[groups]*' -- $line; and set inside 1; or set inside 0
        else if test $inside = 1
            string replace -rf '^\s*"?([\w.-]+)"?\s*=.*' '@$1' -- $line
        end
    end <$file
end

function __awsops_regions
    set -l file (__awsops_config_file)
    test -n "$file"; and string replace -rf '^region\s*=\s*([a-z0-9-]+).*' '$1' <$file
end

function __awsops_roles
    set -l file (__awsops_config_file)
    test -n "$file"; or return
    string replace -rf '^role_arn\s*=\s*\S+:role/(\S+).*' '$1' <$file
    string replace -rf '^role_arn\s*=\s*(\S+:role/\S+).*' '$1' <$file
end

# CURRENT: as it will be without the quote that it begins with, or its backslashes
function __awsops_opened
    if string match -qr -- '^["\']' $argv[1]
        string sub -s 2 -- $argv[1]
    else
        string unescape -- $argv[1]; or echo -- $argv[1]
    end
end

# COMMAND CURRENT: columns, after a comma
function __awsops_list
    set -l head (string match -r -- '^.*,' (__awsops_opened $argv[2]))
    set -l given (string split , -- "$head")
    for column in (__awsops_columns $argv[1])
        contains -- $column $given; or echo "$head$column"
    end
end

# COMMAND CURRENT: columns in an expression, after what is no name
function __awsops_expression
    set -l head (string match -r -- '^.*\W' (__awsops_opened $argv[2]))
    test -n "$head"; or set head '[].'
    for column in (__awsops_columns $argv[1])
        echo "$head$column"
    end
end

# KIND CURRENT: names of resources, from awsops itself, which answers at once or not at all
function __awsops_names
    # Fish shows its functions nothing of what stands behind the cursor.
    set -l typed (commandline -opc)
    set -l program awsops
    string match -q -- '*/*' $typed[1]; and set program $typed[1]
    # Only what ends in : = or , narrows the question: the rest is matched as fish does.
    set -l stem (string match -r -- '^.*[:=,]' $argv[2])
    # Fish 3.6 looks for the letters of the word in help lines too: they must stand in the name.
    $program __names $argv[1] "=$stem" = $typed[2..-1] 2>/dev/null \
        | string match -rei -- '^[^\t]*'(string escape --style=regex -- "$argv[2]")
end

# NOUN VERB FLAG-OR-@POSITION: prints the kind of value, then choices; nothing where none is taken
function __awsops_value
    set -l found
    test -n "$argv[2]"; and set found (__awsops_own_value "$argv[1] $argv[2] $argv[3]")
    if test -z "$found[1]"; and string match -q -- '-*' $argv[3]
        set found (__awsops_common_value $argv[3])
    end
    contains -- "$found[1]" columns query; and set -a found "$argv[1] $argv[2]"
    test -n "$found[1]"; and printf '%s\n' $found
end

# What a program of its own completes: the words after --, or its name
function __awsops_program
    set -l typed (commandline -opc)
    set -l end (contains -i -- -- $typed); or return
    complete -C(string join ' ' -- (string escape -- $typed[(math $end + 1)..-1]) (commandline -ct))
end

# PREFIX CURRENT KIND CHOICES: prints candidates; PREFIX is `--flag=`, before which fish matches
function __awsops_offer
    set -l found
    switch "$argv[3]"
        case files
            set found (__fish_complete_path $argv[2])
        case profile
            set found (__awsops_profiles)
        case profiles
            set found (__awsops_profiles; __awsops_profile_groups)
        case region
            set found (__awsops_regions)
        case regions
            set found all (__awsops_regions)
        case roles
            set found (__awsops_roles)
        case columns
            set found (__awsops_list "$argv[4]" "$argv[2]")
        case query
            set found (__awsops_expression "$argv[4]" "$argv[2]")
        case program
            set found (__awsops_program)
        case names
            set found (__awsops_names $argv[4] "$argv[2]")
        case names-or-files
            set found (__awsops_names $argv[4] "$argv[2]")
            test -n "$found[1]"; or set found (__fish_complete_path $argv[2])
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
            contains -- $noun 'doctor' 'help'; and set verb $noun
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
