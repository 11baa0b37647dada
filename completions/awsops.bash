# bash completion for awsops. Made from the commands themselves (`make completions`); do not edit.
# Load it with: source <(awsops completion show bash)

# candidates=(every noun)
_awsops_nouns() {
  candidates=(auth completion config creds doctor ecr help history kinesis lambda logs plugin recipe sandbox sqs)
}

# NOUN: candidates=(its verbs)
_awsops_verbs() {
  case $1 in
    auth) candidates=(assume console devices exec export login logout process status) ;;
    completion) candidates=(install show) ;;
    config) candidates=(edit get ls path set) ;;
    creds) candidates=(chain decode report rotate whoami) ;;
    doctor) candidates=(doctor) ;;
    ecr) candidates=(copy findings images lifecycle login ls policy prune push token) ;;
    help) candidates=(help) ;;
    history) candidates=(export ls prune show undo verify) ;;
    kinesis) candidates=(balance consumers ls merge mode put retention scale shards split tail) ;;
    lambda) candidates=(aliases config invoke ls prune publish revoke rollback shift start status stop trigger triggers versions) ;;
    logs) candidates=(context cost export exports exports-cancel groups queries queries-rm queries-save queries-show queries-sync query record retention running stop tail) ;;
    plugin) candidates=(check ls new) ;;
    recipe) candidates=(check ls new policy rehearse report resume run schema show) ;;
    sandbox) candidates=(env seed start status stop) ;;
    sqs) candidates=(attrs cancel drain export import ls moves peek policy purge redrive send) ;;
  esac
}

# GROUP: adds the common options of it to candidates
_awsops_group_flags() {
  case $1 in
    targets) candidates+=(--profile -p --region -r --role --org --targets --endpoint-url) ;;
    output) candidates+=(--output -o --query --fields --color --verbose -v) ;;
    run) candidates+=(--jobs -j --fail-fast --timeout) ;;
    change) candidates+=(--dry-run --yes -y --yes-i-mean --max-targets) ;;
  esac
}

# 'NOUN VERB': candidates=(its own options), groups='of the common ones'
_awsops_flags() {
  case $1 in
    'auth assume') candidates=(--session-name --external-id --policy --tag --source-identity --duration --code --shell --write) groups='targets output run' ;;
    'auth console') candidates=(--service --open --lasts) groups='targets output run' ;;
    'auth devices') candidates=() groups='targets output run' ;;
    'auth exec') candidates=(--code --duration) groups='targets output run' ;;
    'auth export') candidates=(--shell --code --duration) groups='targets output run' ;;
    'auth login') candidates=(--serial --code --duration --write --renew --browser --no-browser) groups='targets output run' ;;
    'auth logout') candidates=(--all) groups='targets output run' ;;
    'auth process') candidates=(--code --duration) groups='targets output run' ;;
    'auth status') candidates=() groups=output ;;
    'completion install') candidates=() groups=output ;;
    'completion show') candidates=() groups=output ;;
    'config edit') candidates=() groups=output ;;
    'config get') candidates=() groups=output ;;
    'config ls') candidates=() groups=output ;;
    'config path') candidates=() groups=output ;;
    'config set') candidates=() groups=output ;;
    'creds chain') candidates=(--why) groups='targets output run' ;;
    'creds decode') candidates=() groups='targets output run' ;;
    'creds report') candidates=(--stale --findings) groups='targets output run' ;;
    'creds rotate') candidates=(--delete-old --finish --code) groups='targets output run change' ;;
    'creds whoami') candidates=() groups='targets output run' ;;
    'doctor doctor') candidates=(--offline) groups=output ;;
    'ecr copy') candidates=(--to-profile --to-region) groups='targets output run change' ;;
    'ecr findings') candidates=(--wait --fail-on --scan-timeout) groups='targets output run' ;;
    'ecr images') candidates=(--untagged) groups='targets output run' ;;
    'ecr lifecycle') candidates=(--set --remove) groups='targets output run change' ;;
    'ecr login') candidates=(--tool --registry-ids --public --fips --dual-stack --check --helper) groups='targets output run' ;;
    'ecr ls') candidates=() groups='targets output run' ;;
    'ecr policy') candidates=(--set --remove) groups='targets output run change' ;;
    'ecr prune') candidates=(--keep --older-than --protect) groups='targets output run change' ;;
    'ecr push') candidates=(--tag --create --wait-scan --fail-on --scan-timeout) groups='targets output run change' ;;
    'ecr token') candidates=() groups='targets output run' ;;
    'help help') candidates=(--man --install) groups=output ;;
    'history export') candidates=(--since) groups=output ;;
    'history ls') candidates=(--since --account --service --limit -n) groups=output ;;
    'history prune') candidates=(--older-than --yes -y) groups=output ;;
    'history show') candidates=(--changes) groups=output ;;
    'history undo') candidates=() groups='targets output run change' ;;
    'history verify') candidates=() groups=output ;;
    'kinesis balance') candidates=(--to --exact --engine --resume) groups='targets output run change' ;;
    'kinesis consumers') candidates=() groups='targets output run' ;;
    'kinesis ls') candidates=() groups='targets output run' ;;
    'kinesis merge') candidates=(--at --resume) groups='targets output run change' ;;
    'kinesis mode') candidates=() groups='targets output run change' ;;
    'kinesis put') candidates=(--key --key-field --records) groups='targets output run change' ;;
    'kinesis retention') candidates=() groups='targets output run change' ;;
    'kinesis scale') candidates=(--to --by --fit --engine --resume) groups='targets output run change' ;;
    'kinesis shards') candidates=(--all --heat) groups='targets output run' ;;
    'kinesis split') candidates=(--at --into --isolate --resume) groups='targets output run change' ;;
    'kinesis tail') candidates=(--shard --since --decode --count -n --drain) groups='targets output run' ;;
    'lambda aliases') candidates=() groups='targets output run' ;;
    'lambda config') candidates=() groups='targets output run' ;;
    'lambda invoke') candidates=(--payload-file --async) groups='targets output run change' ;;
    'lambda ls') candidates=(--deprecated) groups='targets output run' ;;
    'lambda prune') candidates=(--keep) groups='targets output run change' ;;
    'lambda publish') candidates=(--description --sha256) groups='targets output run change' ;;
    'lambda revoke') candidates=() groups='targets output run change' ;;
    'lambda rollback') candidates=(--to --engine --application --group) groups='targets output run change' ;;
    'lambda shift') candidates=(--to --canary --linear --steps --every --strategy --all-at-once --alarm --ignore-alarm --max-error-rate --max-p99 --max-throttles --min-invocations --on-idle --poll --pre --post --smoke --wave --resume --engine --create --application --group --service-role) groups='targets output run change' ;;
    'lambda start') candidates=(--reserved) groups='targets output run change' ;;
    'lambda status') candidates=() groups='targets output run' ;;
    'lambda stop') candidates=() groups='targets output run change' ;;
    'lambda trigger') candidates=(--disable --enable --bisect) groups='targets output run change' ;;
    'lambda triggers') candidates=() groups='targets output run' ;;
    'lambda versions') candidates=() groups='targets output run' ;;
    'logs context') candidates=(--lines -C) groups='targets output run' ;;
    'logs cost') candidates=(--since --price) groups='targets output run' ;;
    'logs export') candidates=(--since --from --to --folder --filter --gzip --bucket --prefix --engine --resume) groups='targets output run change' ;;
    'logs exports') candidates=() groups='targets output run' ;;
    'logs exports-cancel') candidates=() groups='targets output run change' ;;
    'logs groups') candidates=(--regex --linked) groups='targets output run' ;;
    'logs queries') candidates=() groups='targets output run' ;;
    'logs queries-rm') candidates=() groups='targets output run change' ;;
    'logs queries-save') candidates=(--group -g --file -f --lang) groups='targets output run change' ;;
    'logs queries-show') candidates=() groups='targets output run' ;;
    'logs queries-sync') candidates=(--to --prefer --delete) groups='targets output run change' ;;
    'logs query') candidates=(--group -g --file -f --since --from --to --limit -n --lang --set --all --max-scan --max-cost --price --no-chart --ptr) groups='targets output run' ;;
    'logs record') candidates=() groups='targets output run' ;;
    'logs retention') candidates=(--days --forever) groups='targets output run change' ;;
    'logs running') candidates=() groups='targets output run' ;;
    'logs stop') candidates=(--mine) groups='targets output run change' ;;
    'logs tail') candidates=(--follow -f --since --filter --grep --where --format --engine) groups='targets output run' ;;
    'plugin check') candidates=() groups=output ;;
    'plugin ls') candidates=() groups=output ;;
    'plugin new') candidates=(--package --folder) groups=output ;;
    'recipe check') candidates=(--set --params) groups=output ;;
    'recipe ls') candidates=() groups=output ;;
    'recipe new') candidates=() groups=output ;;
    'recipe policy') candidates=(--set --params --seed-from) groups='targets output run change' ;;
    'recipe rehearse') candidates=(--set --params --chaos --seed-from) groups='targets output run change' ;;
    'recipe report') candidates=(--html) groups=output ;;
    'recipe resume') candidates=(--params --again --done) groups='targets output run change' ;;
    'recipe run') candidates=(--set --params --steps --from --only --step) groups='targets output run change' ;;
    'recipe schema') candidates=() groups=output ;;
    'recipe show') candidates=(--source) groups=output ;;
    'sandbox env') candidates=() groups=output ;;
    'sandbox seed') candidates=(--messages -n) groups=output ;;
    'sandbox start') candidates=(--chaos --empty --port --registry) groups=output ;;
    'sandbox status') candidates=() groups=output ;;
    'sandbox stop') candidates=(--all) groups=output ;;
    'sqs attrs') candidates=(--set) groups='targets output run change' ;;
    'sqs cancel') candidates=() groups='targets output run change' ;;
    'sqs drain') candidates=(--where --match --since --until --max --resume) groups='targets output run change' ;;
    'sqs export') candidates=(--where --match --since --until --raise-receive-count) groups='targets output run' ;;
    'sqs import') candidates=(--lanes) groups='targets output run change' ;;
    'sqs ls') candidates=(--dlq --age) groups='targets output run' ;;
    'sqs moves') candidates=() groups='targets output run' ;;
    'sqs peek') candidates=(--count -n --where --group-by --raise-receive-count) groups='targets output run' ;;
    'sqs policy') candidates=() groups='targets output run' ;;
    'sqs purge') candidates=(--confirm) groups='targets output run change' ;;
    'sqs redrive') candidates=(--to --where --match --since --until --max --rate --backup --transform --keep-dedup-id --stop-if-returned --each --to-profile --to-region --engine --lanes --visibility --resume) groups='targets output run change' ;;
    'sqs send') candidates=(--body-file --attribute --group-id --dedup-id --delay --many) groups='targets output run change' ;;
  esac
}

# 'NOUN VERB': candidates=(the columns of its rows)
_awsops_columns() {
  case $1 in
    'auth assume') candidates=(profile role account arn expires_at reused region) ;;
    'auth console') candidates=(account arn url profile region) ;;
    'auth devices') candidates=(serial kind enabled_at usable profile account region) ;;
    'auth login') candidates=(profile account arn serial expires_at reused region) ;;
    'auth logout') candidates=(profile kind arn expires_at ended account region) ;;
    'auth status') candidates=(profile kind account arn serial start_url access_key_suffix expires_at seconds_left) ;;
    'completion install') candidates=(shell status path) ;;
    'config get') candidates=(key value source) ;;
    'config ls') candidates=(key value source) ;;
    'config set') candidates=(key before after path) ;;
    'creds chain') candidates=(part order provider status access_key_suffix source expires_at note profile account region) ;;
    'creds decode') candidates=(verdict principal action resource statements conditions message profile account region) ;;
    'creds report') candidates=(user kind active mfa age_days last_used_days finding profile account region) ;;
    'creds rotate') candidates=(user new_key_suffix old_key_suffix old_key file profile account region) ;;
    'creds whoami') candidates=(account arn user_id region credential_source expires_at profile) ;;
    'doctor doctor') candidates=(area status finding next) ;;
    'ecr copy') candidates=(source target digest status profile account region) ;;
    'ecr findings') candidates=(severity name package version fixed_in uri profile account region) ;;
    'ecr images') candidates=(tags kind size pushed_at pulled_at findings digest subject status profile account region) ;;
    'ecr login') candidates=(registry tool expires_at status detail profile account region) ;;
    'ecr ls') candidates=(repository mutability scan_on_push created_at uri profile account region) ;;
    'ecr prune') candidates=(repository digest tags size status profile account region) ;;
    'ecr push') candidates=(registry repository tag digest size pushed status image severity findings profile account region) ;;
    'ecr token') candidates=(registry user password expires_at profile account region) ;;
    'help help') candidates=(topic kind about name path) ;;
    'history export') candidates=(entry run kind body hash) ;;
    'history ls') candidates=(run command started_at seconds exit_code changes calls accounts) ;;
    'history prune') candidates=(journal removed before) ;;
    'history show') candidates=(at account region service operation params request_id outcome error caller change status action resource detail before after undo why_no_undo) ;;
    'history undo') candidates=(change account region action resource status undo detail profile) ;;
    'history verify') candidates=(journal entries status problem) ;;
    'kinesis balance') candidates=(run stream before open_shards steps seconds profile account region) ;;
    'kinesis consumers') candidates=(name status created_at arn profile account region) ;;
    'kinesis ls') candidates=(name mode status open_shards retention consumers encryption profile account region) ;;
    'kinesis merge') candidates=(run stream before open_shards steps seconds profile account region) ;;
    'kinesis mode') candidates=(stream mode status profile account region) ;;
    'kinesis put') candidates=(stream records bytes retried failed shards seconds profile account region) ;;
    'kinesis retention') candidates=(stream retention status profile account region) ;;
    'kinesis scale') candidates=(run stream before open_shards steps seconds profile account region) ;;
    'kinesis shards') candidates=(shard_id start_hash end_hash share parent adjacent_parent state bytes_per_s records_per_s throttles_per_s use profile account region) ;;
    'kinesis split') candidates=(run stream before open_shards steps seconds profile account region) ;;
    'kinesis tail') candidates=(time shard_id sequence_number partition_key data encoding profile account region) ;;
    'lambda aliases') candidates=(name version other_version weight description profile account region) ;;
    'lambda config') candidates=(kind name value profile account region) ;;
    'lambda invoke') candidates=(function version status error payload profile account region) ;;
    'lambda ls') candidates=(name runtime deprecated deprecated_at memory_mb timeout_seconds code_bytes changed_at state profile account region) ;;
    'lambda prune') candidates=(function version code_bytes outcome profile account region) ;;
    'lambda publish') candidates=(function version sha256 new profile account region) ;;
    'lambda revoke') candidates=(function statement was profile account region) ;;
    'lambda rollback') candidates=(alias version was profile account region) ;;
    'lambda shift') candidates=(alias step weight old_version new_version invocations errors error_rate p99_ms verdict at profile account region) ;;
    'lambda start') candidates=(function before after profile account region) ;;
    'lambda status') candidates=(alias version other_version weight state run step strategy started_at profile account region) ;;
    'lambda stop') candidates=(function before after profile account region) ;;
    'lambda trigger') candidates=(id source target state batch lag_seconds bisect last_result profile account region) ;;
    'lambda triggers') candidates=(id source target state batch lag_seconds bisect last_result profile account region) ;;
    'lambda versions') candidates=(version aliases changed_at runtime code_bytes sha256 description profile account region) ;;
    'logs context') candidates=(here time stream message profile account region) ;;
    'logs cost') candidates=(who group queries scanned_bytes usd last_at profile account region) ;;
    'logs export') candidates=(group events files file_bytes folder task status bucket prefix created_at ended_at reason profile account region) ;;
    'logs exports') candidates=(task status group bucket prefix created_at ended_at reason profile account region) ;;
    'logs exports-cancel') candidates=(task status group bucket prefix created_at ended_at reason profile account region) ;;
    'logs groups') candidates=(name class stored_bytes retention_days last_event kms account profile region) ;;
    'logs queries') candidates=(name origin purpose params groups profile account region) ;;
    'logs queries-rm') candidates=(name change profile account region) ;;
    'logs queries-save') candidates=(name change profile account region) ;;
    'logs queries-sync') candidates=(name change profile account region) ;;
    'logs retention') candidates=(group retention_days profile account region) ;;
    'logs running') candidates=(query status started_at group text who profile account region) ;;
    'logs stop') candidates=(query outcome profile account region) ;;
    'logs tail') candidates=(time group stream message profile account region) ;;
    'plugin check') candidates=(noun where problem mend) ;;
    'plugin ls') candidates=(noun kind origin commands status error) ;;
    'plugin new') candidates=(file holds) ;;
    'recipe check') candidates=(file line column problem hint) ;;
    'recipe ls') candidates=(name summary params steps origin status error path) ;;
    'recipe rehearse') candidates=(recipe result exit_code steps calls changes faults seconds problem profile account region) ;;
    'recipe show') candidates=(part name what details) ;;
    'sandbox seed') candidates=(account queue messages) ;;
    'sandbox start') candidates=(name endpoint pid started_at profiles chaos folder) ;;
    'sandbox status') candidates=(name endpoint pid started_at profiles chaos folder) ;;
    'sandbox stop') candidates=(name status) ;;
    'sqs attrs') candidates=(name value settable profile account region) ;;
    'sqs cancel') candidates=(dlq status destination moved to_move rate started_at failure_reason profile account region) ;;
    'sqs drain') candidates=(queue file drained skipped in_file profile account region) ;;
    'sqs export') candidates=(queue file messages skipped profile account region) ;;
    'sqs import') candidates=(file queue sent failed profile account region) ;;
    'sqs ls') candidates=(name type visible in_flight delayed dlq max_receive_count url oldest_seconds profile account region) ;;
    'sqs moves') candidates=(dlq status destination moved to_move rate started_at failure_reason profile account region) ;;
    'sqs peek') candidates=(message_id sent_at receive_count body attributes group_id dedup_id trace_header source sender kind messages oldest newest example profile account region) ;;
    'sqs policy') candidates=(tree dlq source max_receive_count visible problem profile account region) ;;
    'sqs purge') candidates=(queue about profile account region) ;;
    'sqs redrive') candidates=(run dlq destination matched moved skipped failed resumed seconds rate message_id outcome reason profile account region) ;;
    'sqs send') candidates=(message_id queue md5 sequence_number profile account region) ;;
  esac
}

# FLAG: what a common option takes
_awsops_common_value() {
  case $1 in
    --profile | -p) kind=profiles ;;
    --region | -r) kind=regions ;;
    --role) kind=roles ;;
    --targets) kind=files ;;
    --endpoint-url | --jobs | -j | --timeout | --yes-i-mean | --max-targets) kind=text ;;
    --output | -o) kind=choices candidates=(table json ndjson yaml csv text) ;;
    --query) kind=query ;;
    --fields) kind=columns ;;
    --color) kind=choices candidates=(auto always never) ;;
  esac
}

# 'NOUN VERB FLAG' or 'NOUN VERB POSITION': what stands there
_awsops_own_value() {
  case $1 in
    'auth assume --session-name' | 'auth assume --external-id' | 'auth assume --policy' | 'auth assume --tag' | 'auth assume --source-identity' | 'auth assume --duration' | 'auth assume --code') kind=text ;;
    'auth assume --shell') kind=choices candidates=(bash zsh fish powershell cmd dotenv json) ;;
    'auth assume --write') kind=profile ;;
    'auth assume '[0-9]*) kind=names candidates=(auth:complete_roles) ;;
    'auth console --service' | 'auth console --lasts') kind=text ;;
    'auth exec --code' | 'auth exec --duration') kind=text ;;
    'auth exec '[0-9]*) kind=program ;;
    'auth export --shell') kind=choices candidates=(bash zsh fish powershell cmd dotenv json) ;;
    'auth export --code' | 'auth export --duration') kind=text ;;
    'auth login --serial') kind=names candidates=(auth:complete_devices) ;;
    'auth login --code' | 'auth login --duration') kind=text ;;
    'auth login --write') kind=profile ;;
    'auth process --code' | 'auth process --duration') kind=text ;;
    'completion install 1') kind=choices candidates=(bash fish powershell zsh) ;;
    'completion show 1') kind=choices candidates=(bash fish powershell zsh) ;;
    'config get 1') kind=names candidates=(config:complete_keys) ;;
    'config set 1') kind=names candidates=(config:complete_keys) ;;
    'config set '[0-9]*) kind=names candidates=(config:complete_values:set:key=1) ;;
    'creds report --stale') kind=text ;;
    'creds rotate --code') kind=text ;;
    'doctor doctor '[0-9]*) kind=profile ;;
    'ecr copy --to-profile') kind=profile ;;
    'ecr copy --to-region') kind=region ;;
    'ecr copy 1') kind=names candidates=('ecr:complete_references:copy:stem?') ;;
    'ecr copy 2') kind=names candidates=('ecr:complete_goals:copy:to_profile?=--to-profile,to_region?=--to-region,stem?:--to-profile,--to-region') ;;
    'ecr findings --fail-on') kind=choices candidates=(critical high medium low informational undefined) ;;
    'ecr findings --scan-timeout') kind=text ;;
    'ecr findings 1') kind=names candidates=(ecr:complete_repositories) ;;
    'ecr findings 2') kind=names candidates=(ecr:complete_images:findings:repository=1:--fail-on,--scan-timeout) ;;
    'ecr images 1') kind=names candidates=(ecr:complete_repositories) ;;
    'ecr lifecycle --set') kind=files ;;
    'ecr lifecycle 1') kind=names candidates=(ecr:complete_repositories) ;;
    'ecr login --tool') kind=names candidates=(ecr:complete_tools) ;;
    'ecr login --registry-ids') kind=text ;;
    'ecr ls 1') kind=names candidates=(ecr:complete_repositories) ;;
    'ecr policy --set') kind=files ;;
    'ecr policy 1') kind=names candidates=(ecr:complete_repositories) ;;
    'ecr prune --keep' | 'ecr prune --older-than') kind=text ;;
    'ecr prune --protect') kind=names candidates=(ecr:complete_images:prune:repository=1:--keep,--older-than,--protect) ;;
    'ecr prune 1') kind=names candidates=(ecr:complete_repositories) ;;
    'ecr push --tag' | 'ecr push --scan-timeout') kind=text ;;
    'ecr push --fail-on') kind=choices candidates=(critical high medium low informational undefined) ;;
    'ecr push 1') kind=files ;;
    'ecr push 2') kind=names candidates=('ecr:complete_goals:push:stem?') ;;
    'help help 1') kind=names candidates=(help:complete_topics) ;;
    'help help 2') kind=names candidates=(help:complete_verbs:help:topic=1) ;;
    'history export --since') kind=text ;;
    'history ls --since' | 'history ls --limit' | 'history ls -n') kind=text ;;
    'history ls --account') kind=names candidates=(history:complete_accounts) ;;
    'history ls --service') kind=names candidates=(history:complete_services) ;;
    'history prune --older-than') kind=text ;;
    'history show 1') kind=names candidates=(history:complete_changing_runs) ;;
    'history undo 1') kind=names candidates=(history:complete_changing_runs) ;;
    'kinesis balance --to') kind=text ;;
    'kinesis balance --engine') kind=choices candidates=(auto update-shard-count split-merge) ;;
    'kinesis balance --resume') kind=names candidates=(kinesis:complete_runs:balance:stream=1:--engine,--resume,--to) ;;
    'kinesis balance 1') kind=names candidates=(kinesis:complete_streams) ;;
    'kinesis consumers 1') kind=names candidates=(kinesis:complete_streams) ;;
    'kinesis ls 1') kind=names candidates=(kinesis:complete_streams) ;;
    'kinesis merge --at') kind=text ;;
    'kinesis merge --resume') kind=names candidates=(kinesis:complete_runs:merge:stream=1:--at,--resume) ;;
    'kinesis merge 1') kind=names candidates=(kinesis:complete_streams) ;;
    'kinesis merge 2') kind=names candidates=(kinesis:complete_shards:merge:stream=1:--at,--resume) ;;
    'kinesis merge 3') kind=names candidates=(kinesis:complete_neighbours:merge:stream=1,shard=2:--at,--resume) ;;
    'kinesis mode 1') kind=names candidates=(kinesis:complete_streams) ;;
    'kinesis mode 2') kind=names candidates=(kinesis:complete_modes) ;;
    'kinesis put --key' | 'kinesis put --key-field') kind=text ;;
    'kinesis put 1') kind=names candidates=(kinesis:complete_streams) ;;
    'kinesis put 2') kind=files ;;
    'kinesis retention 1') kind=names candidates=(kinesis:complete_streams) ;;
    'kinesis scale --to' | 'kinesis scale --by' | 'kinesis scale --fit') kind=text ;;
    'kinesis scale --engine') kind=choices candidates=(auto update-shard-count split-merge) ;;
    'kinesis scale --resume') kind=names candidates=(kinesis:complete_runs:scale:stream=1:--by,--engine,--fit,--resume,--to) ;;
    'kinesis scale 1') kind=names candidates=(kinesis:complete_streams) ;;
    'kinesis shards --heat') kind=text ;;
    'kinesis shards 1') kind=names candidates=(kinesis:complete_streams) ;;
    'kinesis split --at' | 'kinesis split --into' | 'kinesis split --isolate') kind=text ;;
    'kinesis split --resume') kind=names candidates=(kinesis:complete_runs:split:stream=1:--at,--into,--isolate,--resume) ;;
    'kinesis split 1') kind=names candidates=(kinesis:complete_streams) ;;
    'kinesis split 2') kind=names candidates=(kinesis:complete_shards:split:stream=1:--at,--into,--isolate,--resume) ;;
    'kinesis tail --shard') kind=names candidates=(kinesis:complete_readable:tail:stream=1:--count,--decode,--shard,--since,-n) ;;
    'kinesis tail --since' | 'kinesis tail --count' | 'kinesis tail -n') kind=text ;;
    'kinesis tail --decode') kind=choices candidates=(auto json text base64 gzip) ;;
    'kinesis tail 1') kind=names candidates=(kinesis:complete_streams) ;;
    'lambda aliases 1') kind=names candidates=(lambda:complete_functions) ;;
    'lambda config 1') kind=names candidates=(lambda:complete_functions) ;;
    'lambda invoke --payload-file') kind=files ;;
    'lambda invoke 1') kind=names candidates=('lambda:complete_qualified:invoke:stem?') ;;
    'lambda ls 1') kind=names candidates=(lambda:complete_functions) ;;
    'lambda prune --keep') kind=text ;;
    'lambda prune 1') kind=names candidates=(lambda:complete_functions) ;;
    'lambda publish --description' | 'lambda publish --sha256') kind=text ;;
    'lambda publish 1') kind=names candidates=(lambda:complete_functions) ;;
    'lambda revoke 1') kind=names candidates=('lambda:complete_qualified:revoke:stem?') ;;
    'lambda revoke 2') kind=names candidates=(lambda:complete_statements:revoke:function=1) ;;
    'lambda rollback --to') kind=names candidates=(lambda:complete_versions:rollback:alias=1:--application,--engine,--group,--to) ;;
    'lambda rollback --engine') kind=choices candidates=(client codedeploy) ;;
    'lambda rollback --application') kind=names candidates=(lambda:complete_applications) ;;
    'lambda rollback --group') kind=names candidates=('lambda:complete_deployment_groups:rollback:alias?=1,application?=--application:--application,--engine,--group,--to') ;;
    'lambda rollback 1') kind=names candidates=('lambda:complete_aliases:rollback:stem?') ;;
    'lambda shift --to') kind=names candidates=('lambda:complete_new_versions:shift:aliases=1*:--alarm,--application,--canary,--engine,--every,--group,--ignore-alarm,--linear,--max-error-rate,--max-p99,--max-throttles,--min-invocations,--on-idle,--poll,--post,--pre,--resume,--service-role,--smoke,--steps,--strategy,--to,--wave') ;;
    'lambda shift --canary' | 'lambda shift --linear' | 'lambda shift --steps' | 'lambda shift --every' | 'lambda shift --max-error-rate' | 'lambda shift --max-p99' | 'lambda shift --max-throttles' | 'lambda shift --min-invocations' | 'lambda shift --poll' | 'lambda shift --smoke' | 'lambda shift --wave') kind=text ;;
    'lambda shift --strategy') kind=names candidates=(lambda:complete_strategies) ;;
    'lambda shift --alarm' | 'lambda shift --ignore-alarm') kind=names candidates=(lambda:complete_alarms) ;;
    'lambda shift --on-idle') kind=choices candidates=(wait continue rollback) ;;
    'lambda shift --pre' | 'lambda shift --post') kind=names candidates=(lambda:complete_functions) ;;
    'lambda shift --resume') kind=names candidates=('lambda:complete_shifts:shift:aliases=1*:--alarm,--application,--canary,--engine,--every,--group,--ignore-alarm,--linear,--max-error-rate,--max-p99,--max-throttles,--min-invocations,--on-idle,--poll,--post,--pre,--resume,--service-role,--smoke,--steps,--strategy,--to,--wave') ;;
    'lambda shift --engine') kind=choices candidates=(client codedeploy) ;;
    'lambda shift --application') kind=names candidates=(lambda:complete_applications) ;;
    'lambda shift --group') kind=names candidates=('lambda:complete_deployment_groups:shift:aliases?=1*,application?=--application:--alarm,--application,--canary,--engine,--every,--group,--ignore-alarm,--linear,--max-error-rate,--max-p99,--max-throttles,--min-invocations,--on-idle,--poll,--post,--pre,--resume,--service-role,--smoke,--steps,--strategy,--to,--wave') ;;
    'lambda shift --service-role') kind=names candidates=(lambda:complete_service_roles) ;;
    'lambda shift '[0-9]*) kind=names candidates=('lambda:complete_aliases:shift:stem?') ;;
    'lambda start --reserved') kind=text ;;
    'lambda start 1') kind=names candidates=(lambda:complete_functions) ;;
    'lambda status 1') kind=names candidates=('lambda:complete_aliases:status:stem?') ;;
    'lambda stop 1') kind=names candidates=(lambda:complete_functions) ;;
    'lambda trigger --bisect') kind=choices candidates=(on off) ;;
    'lambda trigger 1') kind=names candidates=(lambda:complete_functions) ;;
    'lambda trigger 2') kind=names candidates=(lambda:complete_triggers:trigger:function=1:--bisect) ;;
    'lambda triggers 1') kind=names candidates=(lambda:complete_functions) ;;
    'lambda versions 1') kind=names candidates=(lambda:complete_functions) ;;
    'logs context --lines' | 'logs context -C') kind=text ;;
    'logs cost --since' | 'logs cost --price') kind=text ;;
    'logs export --since' | 'logs export --from' | 'logs export --to' | 'logs export --filter' | 'logs export --prefix') kind=text ;;
    'logs export --folder') kind=files ;;
    'logs export --bucket') kind=names candidates=(logs:complete_buckets) ;;
    'logs export --engine') kind=choices candidates=(auto read task) ;;
    'logs export --resume') kind=names candidates=(logs:complete_exports) ;;
    'logs export '[0-9]*) kind=names candidates=(logs:complete_groups) ;;
    'logs exports-cancel 1') kind=names candidates=(logs:complete_tasks) ;;
    'logs groups 1') kind=names candidates=(logs:complete_groups) ;;
    'logs queries-rm 1') kind=names candidates=(logs:complete_definitions) ;;
    'logs queries-save --group' | 'logs queries-save -g') kind=names candidates=(logs:complete_groups) ;;
    'logs queries-save --file' | 'logs queries-save -f') kind=files ;;
    'logs queries-save --lang') kind=choices candidates=(cwli sql ppl) ;;
    'logs queries-save 1') kind=names candidates=(logs:complete_definitions) ;;
    'logs queries-show 1') kind=names candidates=(logs:complete_saved) ;;
    'logs queries-sync --to') kind=choices candidates=(both account folder) ;;
    'logs queries-sync --prefer') kind=choices candidates=(account folder) ;;
    'logs queries-sync 1') kind=files ;;
    'logs query --group' | 'logs query -g') kind=names candidates=(logs:complete_groups) ;;
    'logs query --file' | 'logs query -f') kind=files ;;
    'logs query --since' | 'logs query --from' | 'logs query --to' | 'logs query --limit' | 'logs query -n' | 'logs query --max-scan' | 'logs query --max-cost' | 'logs query --price') kind=text ;;
    'logs query --lang') kind=choices candidates=(cwli sql ppl) ;;
    'logs query --set') kind=names candidates=(logs:complete_parameters:query:text=1:--file,--from,--group,--lang,--limit,--max-cost,--max-scan,--price,--set,--since,--to,-f,-g,-n) ;;
    'logs query 1') kind=names candidates=(logs:complete_saved) ;;
    'logs retention --days') kind=names candidates=(logs:complete_retentions) ;;
    'logs retention '[0-9]*) kind=names candidates=(logs:complete_groups) ;;
    'logs stop '[0-9]*) kind=names candidates=(logs:complete_running) ;;
    'logs tail --since' | 'logs tail --filter' | 'logs tail --grep' | 'logs tail --where' | 'logs tail --format') kind=text ;;
    'logs tail --engine') kind=choices candidates=(auto poll live) ;;
    'logs tail '[0-9]*) kind=names candidates=(logs:complete_groups) ;;
    'plugin check '[0-9]*) kind=names candidates=(plugin:complete_plugins) ;;
    'plugin new --folder') kind=files ;;
    'recipe check --set') kind=names candidates=('recipe:complete_parameters:check:name?=1,stem?:--params,--set') ;;
    'recipe check --params') kind=files ;;
    'recipe check 1') kind=names-or-files candidates=(recipe:complete_recipes) ;;
    'recipe new '[0-9]*) kind=names candidates=(recipe:complete_changing_runs) ;;
    'recipe policy --set') kind=names candidates=('recipe:complete_parameters:policy:name?=1,stem?:--params,--seed-from,--set') ;;
    'recipe policy --params' | 'recipe policy --seed-from') kind=files ;;
    'recipe policy 1') kind=names-or-files candidates=(recipe:complete_recipes) ;;
    'recipe rehearse --set') kind=names candidates=('recipe:complete_parameters:rehearse:name?=1,stem?:--chaos,--params,--seed-from,--set') ;;
    'recipe rehearse --params' | 'recipe rehearse --seed-from') kind=files ;;
    'recipe rehearse --chaos') kind=names candidates=('recipe:complete_faults:rehearse:stem?') ;;
    'recipe rehearse 1') kind=names-or-files candidates=(recipe:complete_recipes) ;;
    'recipe report --html') kind=files ;;
    'recipe report 1') kind=names candidates=(recipe:complete_runs) ;;
    'recipe resume --params') kind=files ;;
    'recipe resume --again' | 'recipe resume --done') kind=names candidates=(recipe:complete_cut_off:resume:run=1:--again,--done,--params) ;;
    'recipe resume 1') kind=names candidates=(recipe:complete_runs) ;;
    'recipe run --set') kind=names candidates=('recipe:complete_parameters:run:name?=1,stem?:--from,--only,--params,--set') ;;
    'recipe run --params') kind=files ;;
    'recipe run --from' | 'recipe run --only') kind=names candidates=(recipe:complete_steps:run:name=1:--from,--only,--params,--set) ;;
    'recipe run 1') kind=names-or-files candidates=(recipe:complete_recipes) ;;
    'recipe show 1') kind=names-or-files candidates=(recipe:complete_recipes) ;;
    'sandbox env 1') kind=names candidates=(sandbox:complete_sandboxes) ;;
    'sandbox seed --messages' | 'sandbox seed -n') kind=text ;;
    'sandbox seed 1') kind=names candidates=(sandbox:complete_sandboxes) ;;
    'sandbox start --chaos') kind=names candidates=('sandbox:complete_faults:start:stem?') ;;
    'sandbox start --port') kind=text ;;
    'sandbox start 1') kind=names candidates=(sandbox:complete_sandboxes) ;;
    'sandbox stop 1') kind=names candidates=(sandbox:complete_sandboxes) ;;
    'sqs attrs --set') kind=names candidates=('sqs:complete_settings:attrs:queue=1,stem?:--set') ;;
    'sqs attrs 1') kind=names candidates=(sqs:complete_queues) ;;
    'sqs cancel 1') kind=names candidates=(sqs:complete_dlqs) ;;
    'sqs drain --where' | 'sqs drain --match' | 'sqs drain --since' | 'sqs drain --until' | 'sqs drain --max') kind=text ;;
    'sqs drain --resume') kind=names candidates=(sqs:complete_drains:drain:queue=1:--match,--max,--resume,--since,--until,--where) ;;
    'sqs drain 1') kind=names candidates=(sqs:complete_queues) ;;
    'sqs drain 2') kind=files ;;
    'sqs export --where' | 'sqs export --match' | 'sqs export --since' | 'sqs export --until') kind=text ;;
    'sqs export 1') kind=names candidates=(sqs:complete_queues) ;;
    'sqs export 2') kind=files ;;
    'sqs import --lanes') kind=text ;;
    'sqs import 1') kind=names candidates=(sqs:complete_queues) ;;
    'sqs import 2') kind=files ;;
    'sqs ls 1') kind=names candidates=(sqs:complete_queues) ;;
    'sqs moves 1') kind=names candidates=(sqs:complete_dlqs) ;;
    'sqs peek --count' | 'sqs peek -n' | 'sqs peek --where' | 'sqs peek --group-by') kind=text ;;
    'sqs peek 1') kind=names candidates=(sqs:complete_queues) ;;
    'sqs policy 1') kind=names candidates=(sqs:complete_queues) ;;
    'sqs purge --confirm') kind=text ;;
    'sqs purge 1') kind=names candidates=(sqs:complete_queues) ;;
    'sqs redrive --to') kind=names candidates=('sqs:complete_goals:redrive:to_profile?=--to-profile,to_region?=--to-region:--backup,--engine,--lanes,--match,--max,--rate,--resume,--since,--stop-if-returned,--to,--to-profile,--to-region,--transform,--until,--visibility,--where') ;;
    'sqs redrive --where' | 'sqs redrive --match' | 'sqs redrive --since' | 'sqs redrive --until' | 'sqs redrive --max' | 'sqs redrive --rate' | 'sqs redrive --transform' | 'sqs redrive --stop-if-returned' | 'sqs redrive --lanes' | 'sqs redrive --visibility') kind=text ;;
    'sqs redrive --backup') kind=files ;;
    'sqs redrive --to-profile') kind=profile ;;
    'sqs redrive --to-region') kind=region ;;
    'sqs redrive --engine') kind=choices candidates=(client aws auto) ;;
    'sqs redrive --resume') kind=names candidates=(sqs:complete_redrives:redrive:dlq=1:--backup,--engine,--lanes,--match,--max,--rate,--resume,--since,--stop-if-returned,--to,--to-profile,--to-region,--transform,--until,--visibility,--where) ;;
    'sqs redrive 1') kind=names candidates=(sqs:complete_dlqs) ;;
    'sqs send --body-file' | 'sqs send --many') kind=files ;;
    'sqs send --attribute' | 'sqs send --group-id' | 'sqs send --dedup-id' | 'sqs send --delay') kind=text ;;
    'sqs send 1') kind=names candidates=(sqs:complete_queues) ;;
  esac
}

# Sets typed, the words up to the cursor, and later, those after its own; bash also
# breaks them at = : and @, which are part of ours.
_awsops_read_line() {
  local line=${COMP_LINE:0:COMP_POINT} piece i
  typed=() later=()
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
  line=${COMP_LINE:COMP_POINT}
  # A word that only begins at the cursor is not the one that is typed.
  [[ -z ${typed[${#typed[@]} - 1]} && -n ${COMP_WORDS[COMP_CWORD]} ]] && line=" $line" i=$COMP_CWORD
  while ((i < ${#COMP_WORDS[@]})); do
    piece=${COMP_WORDS[i]}
    # The rest of the word that the cursor stands in comes first, and is nobody's.
    if [[ ${line%%"$piece"*} == *[[:space:]]* ]]; then
      later+=('')
    fi
    ((${#later[@]})) && later[${#later[@]} - 1]+=$piece
    line=${line#*"$piece"} i=$((i + 1))
  done
  for ((i = 0; i < ${#typed[@]} - 1; i++)); do
    _awsops_unquote "${typed[i]}"
    typed[i]=$unquoted
  done
  for ((i = 0; i < ${#later[@]}; i++)); do
    _awsops_unquote "${later[i]}"
    later[i]=$unquoted
  done
}

# FLAG or POSITION: sets kind, and candidates where there are choices; kind='' takes no value
_awsops_value() {
  kind='' candidates=()
  [[ -n $verb ]] && _awsops_own_value "$noun $verb $1"
  [[ -z $kind && $1 == -* ]] && _awsops_common_value "$1"
}

# WORD: sets unquoted to what the shell would make of it, and quote to the one that is open
_awsops_unquote() {
  local rest=$1 one
  unquoted='' quote=''
  while [[ $rest == *[\'\"\\]* ]]; do
    case $quote in
      '') one=${rest%%[\'\"\\]*} ;;
      \') one=${rest%%\'*} ;;
      \") one=${rest%%[\"\\]*} ;;
    esac
    unquoted+=$one rest=${rest#"$one"}
    [[ -n $rest ]] || return
    one=${rest:0:1} rest=${rest:1}
    if [[ $one == \\ ]]; then
      [[ $quote == \" && $rest != [\"\\\$\`]* ]] && unquoted+=\\
      unquoted+=${rest:0:1} rest=${rest:1}
    elif [[ -n $quote ]]; then
      quote=''
    else
      quote=$one
    fi
  done
  unquoted+=$rest
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

_awsops_profile_groups() {
  local lines line inside='' key='^[[:space:]]*"?([[:alnum:]_.-]+)"?[[:space:]]*='
  local folder=${AWSOPS_CONFIG_DIR:-${XDG_CONFIG_HOME:-$HOME/.config}/awsops}
  _awsops_read_config "${AWSOPS_CONFIG_FILE:-$folder/config.toml}"
  for line in ${lines[@]+"${lines[@]}"}; do
    case $line in
      \[groups\]*) inside=1 ;;
      \[*) inside='' ;;
      *) [[ $inside && $line =~ $key ]] && candidates+=("@${BASH_REMATCH[1]}") ;;
    esac
  done
}

_awsops_regions() {
  local lines line
  _awsops_read_config "${config/#\~\//$HOME/}"
  for line in ${lines[@]+"${lines[@]}"}; do
    if [[ $line =~ ^region[[:space:]]*=[[:space:]]*([a-z0-9-]+) ]]; then
      candidates+=("${BASH_REMATCH[1]}")
    fi
  done
}

_awsops_roles() {
  local lines line
  _awsops_read_config "${config/#\~\//$HOME/}"
  for line in ${lines[@]+"${lines[@]}"}; do
    if [[ $line =~ ^role_arn[[:space:]]*=[[:space:]]*([^[:space:]]+:role/([^[:space:]]+)) ]]; then
      candidates+=("${BASH_REMATCH[2]}" "${BASH_REMATCH[1]}")
    fi
  done
}

# KIND CURRENT PREFIX: columns, after the comma, or in an expression after what is no name
_awsops_offer_columns() {
  local unquoted quote head before='' column columns
  candidates=()
  [[ -n $verb ]] && _awsops_columns "$noun $verb"
  columns=(${candidates[@]+"${candidates[@]}"}) candidates=()
  _awsops_unquote "$2"
  case $1 in
    columns) head=${unquoted%"${unquoted##*,}"} ;;
    query) head=${unquoted%"${unquoted##*[!A-Za-z0-9_]}"} ;;
  esac
  [[ $1 == query && -z $head ]] && before='[].'
  for column in ${columns[@]+"${columns[@]}"}; do
    [[ $1 == columns && ,$head == *,$column,* ]] || candidates+=("$head$before$column")
  done
  compopt -o nospace 2>/dev/null
}

# CURRENT: a program, and then what its own completion offers, where bash-completion is there
_awsops_program() {
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == -- ]] || continue
    type _comp_command_offset >/dev/null 2>&1 && _comp_command_offset $((i + 1)) && return
    type _command_offset >/dev/null 2>&1 && _command_offset $((i + 1)) && return
    break
  done
  ((position)) && _awsops_files "$1" || COMPREPLY=($(compgen -c -- "$1"))
}

# KIND: names of resources, from awsops itself, which answers at once or not at all
_awsops_names() {
  local line program=awsops lines=() words=("$1" "=$unquoted" "=$((${#typed[@]} - 2))")
  candidates=()
  _awsops_as_another && return
  [[ ${typed[0]} == */* ]] && program=${typed[0]}
  words+=("${typed[@]:1:${#typed[@]}-2}" ${later[@]+"${later[@]}"})
  IFS=$'\n' read -r -d '' -a lines < <("$program" __names "${words[@]}" 2>/dev/null)
  for line in ${lines[@]+"${lines[@]}"}; do
    candidates+=("${line%%$'\t'*}")
  done
}

# Whether somebody else will run it, with other profiles: only the completion of sudo, which
# called this one, tells. What bash itself reads before a command, AWS_PROFILE=prod awsops ..., it
# shows to no function.
_awsops_as_another() {
  local caller
  for caller in "${FUNCNAME[@]}"; do
    case $caller in
      _sudo | _doas | _comp_*_sudo | _comp_*_doas | *_root_command) return 0 ;;
    esac
  done
  return 1
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
    profile) _awsops_profiles ;;
    profiles)
      _awsops_profiles
      _awsops_profile_groups
      ;;
    region) _awsops_regions ;;
    regions)
      _awsops_regions
      candidates+=(all)
      ;;
    roles) _awsops_roles ;;
    columns | query) _awsops_offer_columns "$kind" "$1" ;;
    program)
      _awsops_program "$1"
      return
      ;;
    names | names-or-files)
      _awsops_unquote "$1"
      _awsops_names "${candidates[0]}"
      ;;
  esac
  _awsops_unquote "$1"
  # Readline replaces only what follows the last character at which it breaks words.
  breaks=${COMP_WORDBREAKS//[[:space:]\"\']/}
  kept=$2$unquoted
  [[ -z $quote && $kept == *["$breaks"]* ]] && kept=${kept%"${kept##*["$breaks"]}"} || kept=''
  kept=${kept%[@$]} # these two belong to what it replaces (rl_special_prefixes)
  for candidate in ${candidates[@]+"${candidates[@]}"}; do
    [[ $candidate == "$unquoted"* ]] || continue
    [[ $kind == names* && $candidate == *[:=] ]] && compopt -o nospace 2>/dev/null
    candidate=$2$candidate candidate=${candidate#"$kept"}
    # %q would quote commas too
    [[ -n $quote || $candidate != *[!A-Za-z0-9_.,/:=@%+-]* ]] || printf -v candidate %q "$candidate"
    COMPREPLY+=("$candidate")
  done
  [[ $kind == names-or-files ]] && ((!${#COMPREPLY[@]})) && _awsops_files "$1"
}

_awsops() {
  local typed later candidates=() groups='targets output run change' kind='' noun='' verb='' waiting='' ended=''
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
      case $noun in
        doctor | help) verb=$noun ;;
      esac
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
      candidates=(--help -h --version -V --profile -p --region -r --role --org --targets --endpoint-url --output -o --query --fields --color --verbose -v --jobs -j --fail-fast --timeout --dry-run --yes -y --yes-i-mean --max-targets)
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
