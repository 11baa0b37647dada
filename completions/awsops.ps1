# PowerShell completion for awsops. Made from the commands (`make completions`).
# Load it with: awsops completion show powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName 'awsops' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    Set-StrictMode -Off

    $nouns = [ordered]@{
        'auth' = 'Get sessions with MFA and roles, and hand them to other programs.'
        'completion' = 'Let the shell complete nouns, verbs, options and profiles when Tab is pressed.'
        'config' = 'See and set what awsops does by default, and where each value comes from.'
        'creds' = 'See which credentials are in use, where they come from and until when.'
        'doctor' = 'Look at everything that awsops needs, and say what to do where something is wrong.'
        'ecr' = 'Log in to ECR everywhere, push images once and know that they are there.'
        'help' = 'Read the manual in the terminal, or install it as man pages.'
        'history' = 'Read what awsops changed, when, where and as whom.'
        'kinesis' = 'Look into Kinesis streams, reshard them with a plan, read and write them.'
        'lambda' = 'Shift Lambda aliases safely, and look after functions.'
        'logs' = 'Query CloudWatch Logs, follow them, and know what it costs.'
        'plugin' = 'See which plugins there are, check them, and begin one of your own.'
        'recipe' = 'Run runbooks: steps with checked parameters, a plan each, and checks in the end.'
        'sandbox' = 'Rehearse on an embedded AWS with three seeded accounts, with faults on request.'
        'sqs' = 'Look into SQS queues, send to them, and redrive dead-letter queues.'
    }
    $groups = [ordered]@{
        'targets' = @(
            @{ Names = @('--profile', '-p'); Help = 'Profile, glob or @group; may be repeated.'; Value = @{ Kind = 'profiles' } }
            @{ Names = @('--region', '-r'); Help = 'Region, or all; may be repeated.'; Value = @{ Kind = 'regions' } }
            @{ Names = @('--role'); Help = 'Role name or ARN to assume.'; Value = @{ Kind = 'roles' } }
            @{ Names = @('--org'); Help = 'Every account of the organization.'; Value = $null }
            @{ Names = @('--targets'); Help = 'YAML file that lists targets.'; Value = @{ Kind = 'files' } }
            @{ Names = @('--endpoint-url'); Help = 'Send calls here.'; Value = @{ Kind = 'text' } }
        )
        'output' = @(
            @{ Names = @('--output', '-o'); Help = 'table, json, ndjson, yaml, csv or text; default: table on a terminal, else ndjson.'; Value = @{ Kind = 'choices'; Choices = @('table', 'json', 'ndjson', 'yaml', 'csv', 'text') } }
            @{ Names = @('--query'); Help = 'JMESPath over the rows.'; Value = @{ Kind = 'query' } }
            @{ Names = @('--fields'); Help = 'Only these columns.'; Value = @{ Kind = 'columns' } }
            @{ Names = @('--color'); Help = 'auto, always or never.'; Value = @{ Kind = 'choices'; Choices = @('auto', 'always', 'never') } }
            @{ Names = @('--verbose', '-v'); Help = 'Log the calls to stderr.'; Value = $null }
        )
        'run' = @(
            @{ Names = @('--jobs', '-j'); Help = 'Targets at a time; with one target, its calls at a time.'; Value = @{ Kind = 'text' } }
            @{ Names = @('--fail-fast'); Help = 'Stop at the first failed target.'; Value = $null }
            @{ Names = @('--timeout'); Help = 'Give up after this time.'; Value = @{ Kind = 'text' } }
        )
        'change' = @(
            @{ Names = @('--dry-run'); Help = 'Show the plan and change nothing.'; Value = $null }
            @{ Names = @('--yes', '-y'); Help = 'Apply the plan without asking.'; Value = $null }
            @{ Names = @('--yes-i-mean'); Help = 'Apply it to this protected account; may be repeated.'; Value = @{ Kind = 'text' } }
            @{ Names = @('--max-targets'); Help = 'Refuse to change more targets than this.'; Value = @{ Kind = 'text' } }
        )
    }
    $verbs = @{
        'auth' = [ordered]@{
            'assume' = @{
                Help = 'Assume a role, or one role after another.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('auth:complete_roles') })
                LastRepeats = $true
                Columns = @('profile', 'role', 'account', 'arn', 'expires_at', 'reused', 'region')
                Flags = @(
                    @{ Names = @('--session-name'); Help = 'Name of the session in CloudTrail; default: awsops and the run.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--external-id'); Help = 'The external id that the role asks for.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--policy'); Help = 'JSON that narrows what the session may do.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--tag'); Help = 'A session tag, KEY=VALUE; may be repeated.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--source-identity'); Help = 'Who it is, kept through a chain of roles.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--duration'); Help = 'How long it lasts, 15m to 12h; in a chain up to 1h.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--code'); Help = 'The six digits; asked for when left out.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--shell'); Help = 'Print its variables for this shell instead.'; Value = @{ Kind = 'choices'; Choices = @('bash', 'zsh', 'fish', 'powershell', 'cmd', 'dotenv', 'json') } }
                    @{ Names = @('--write'); Help = 'Also write it into the credentials file as this profile.'; Value = @{ Kind = 'profile' } }
                )
            }
            'console' = @{
                Help = 'Make a link that signs a browser in to the AWS console.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @('account', 'arn', 'url', 'profile', 'region')
                Flags = @(
                    @{ Names = @('--service'); Help = 'Open this service''s console, like s3.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--open'); Help = 'Open the link in a browser.'; Value = $null }
                    @{ Names = @('--lasts'); Help = 'How long the browser stays signed in, 15m to 12h; roles only.'; Value = @{ Kind = 'text' } }
                )
            }
            'devices' = @{
                Help = 'List your MFA devices and which of them give codes that the API takes.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @('serial', 'kind', 'enabled_at', 'usable', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'exec' = @{
                Help = 'Run a program with a profile''s credentials in its environment.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'program' })
                LastRepeats = $true
                Columns = @()
                Flags = @(
                    @{ Names = @('--code'); Help = 'The six digits; asked for when left out.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--duration'); Help = 'How long the session lasts, 15m to 36h.'; Value = @{ Kind = 'text' } }
                )
            }
            'export' = @{
                Help = 'Print the credentials of a profile as a shell''s variables.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @()
                Flags = @(
                    @{ Names = @('--shell'); Help = 'For which shell; default: the one in $SHELL.'; Value = @{ Kind = 'choices'; Choices = @('bash', 'zsh', 'fish', 'powershell', 'cmd', 'dotenv', 'json') } }
                    @{ Names = @('--code'); Help = 'The six digits; asked for when left out.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--duration'); Help = 'How long the session lasts, 15m to 36h.'; Value = @{ Kind = 'text' } }
                )
            }
            'login' = @{
                Help = 'Get a session with MFA or through SSO, or the one that is still alive.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @('profile', 'account', 'arn', 'serial', 'expires_at', 'reused', 'region')
                Flags = @(
                    @{ Names = @('--serial'); Help = 'ARN or serial of the MFA device.'; Value = @{ Kind = 'names'; Choices = @('auth:complete_devices') } }
                    @{ Names = @('--code'); Help = 'The six digits; asked for when left out.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--duration'); Help = 'How long the session lasts, 15m to 36h.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--write'); Help = 'Also write it into the credentials file as this profile.'; Value = @{ Kind = 'profile' } }
                    @{ Names = @('--renew'); Help = 'Ask for a new session although one is alive.'; Value = $null }
                    @{ Names = @('--browser', '--no-browser'); Help = 'Open the sign-in page of an SSO profile.'; Value = $null }
                )
            }
            'logout' = @{
                Help = 'Forget the sessions of a profile on this machine, and end its SSO sign-in.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @('profile', 'kind', 'arn', 'expires_at', 'ended', 'account', 'region')
                Flags = @(
                    @{ Names = @('--all'); Help = 'Forget every session, whatever profile it is of.'; Value = $null }
                )
            }
            'process' = @{
                Help = 'Print credentials as the AWS config file''s credential_process wants them.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @()
                Flags = @(
                    @{ Names = @('--code'); Help = 'The six digits; asked for when left out.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--duration'); Help = 'How long the session lasts, 15m to 36h.'; Value = @{ Kind = 'text' } }
                )
            }
            'status' = @{
                Help = 'List the sessions on this machine and how long they last.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Columns = @('profile', 'kind', 'account', 'arn', 'serial', 'start_url', 'access_key_suffix', 'expires_at', 'seconds_left')
                Flags = @(

                )
            }
        }
        'completion' = [ordered]@{
            'install' = @{
                Help = 'Write the completion script to where your shell looks for it; edits no file of yours.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'choices'; Choices = @('bash', 'fish', 'powershell', 'zsh') })
                LastRepeats = $false
                Columns = @('shell', 'status', 'path')
                Flags = @(

                )
            }
            'show' = @{
                Help = 'Print the completion script of a shell, with the nouns of your own plugins.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'choices'; Choices = @('bash', 'fish', 'powershell', 'zsh') })
                LastRepeats = $false
                Columns = @()
                Flags = @(

                )
            }
        }
        'config' = [ordered]@{
            'edit' = @{
                Help = 'Open config.toml in your editor and check it afterwards.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Columns = @()
                Flags = @(

                )
            }
            'get' = @{
                Help = 'Show one value and where it comes from.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'names'; Choices = @('config:complete_keys') })
                LastRepeats = $false
                Columns = @('key', 'value', 'source')
                Flags = @(

                )
            }
            'ls' = @{
                Help = 'Show every value, and whether it is a default, the file''s, the environment''s or an option.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Columns = @('key', 'value', 'source')
                Flags = @(

                )
            }
            'path' = @{
                Help = 'Print where config.toml is, or would be.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Columns = @()
                Flags = @(

                )
            }
            'set' = @{
                Help = 'Write a value into config.toml; comments and order are kept.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'names'; Choices = @('config:complete_keys') }, @{ Kind = 'names'; Choices = @('config:complete_values:set:key=1') })
                LastRepeats = $true
                Columns = @('key', 'before', 'after', 'path')
                Flags = @(

                )
            }
        }
        'creds' = [ordered]@{
            'chain' = @{
                Help = 'Show where credentials, region and settings come from, and what is shadowed.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @('part', 'order', 'provider', 'status', 'access_key_suffix', 'source', 'expires_at', 'note', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--why'); Help = 'Say in a paragraph why the winner wins.'; Value = $null }
                )
            }
            'decode' = @{
                Help = 'Say who was refused what, and by which statement.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Columns = @('verdict', 'principal', 'action', 'resource', 'statements', 'conditions', 'message', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'report' = @{
                Help = 'List the passwords and keys of an account, how old they are and which are stale.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @('user', 'kind', 'active', 'mfa', 'age_days', 'last_used_days', 'finding', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--stale'); Help = 'A credential is stale when unused for so long.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--findings'); Help = 'Only what something is wrong with.'; Value = $null }
                )
            }
            'rotate' = @{
                Help = 'Replace a profile''s access key by a new one.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @()
                LastRepeats = $false
                Columns = @('user', 'new_key_suffix', 'old_key_suffix', 'old_key', 'file', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--delete-old'); Help = 'Delete the old key once the new one is in use.'; Value = $null }
                    @{ Names = @('--finish'); Help = 'Make no key; end the one that is not in the file, after an interruption.'; Value = $null }
                    @{ Names = @('--code'); Help = 'The six digits, where a policy wants MFA; asked for when left out.'; Value = @{ Kind = 'text' } }
                )
            }
            'whoami' = @{
                Help = 'Show the account and identity behind each profile.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @('account', 'arn', 'user_id', 'region', 'credential_source', 'expires_at', 'profile')
                Flags = @(

                )
            }
        }
        'doctor' = [ordered]@{
            'doctor' = @{
                Help = 'Look at everything that awsops needs, and say what to do where something is wrong.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'profile' })
                LastRepeats = $true
                Columns = @('area', 'status', 'finding', 'next')
                Flags = @(
                    @{ Names = @('--offline'); Help = 'Ask AWS nothing.'; Value = $null }
                )
            }
        }
        'ecr' = [ordered]@{
            'copy' = @{
                Help = 'Copy an image by its digest to another repository, region or account.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('ecr:complete_references:copy:stem?') }, @{ Kind = 'names'; Choices = @('ecr:complete_goals:copy:to_profile?=--to-profile,to_region?=--to-region,stem?:--to-profile,--to-region') })
                LastRepeats = $false
                Columns = @('source', 'target', 'digest', 'status', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--to-profile'); Help = 'Copy to the account of this profile.'; Value = @{ Kind = 'profile' } }
                    @{ Names = @('--to-region'); Help = 'Copy to this region.'; Value = @{ Kind = 'region' } }
                )
            }
            'findings' = @{
                Help = 'Show what the scan of an image found, worst first.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('ecr:complete_repositories') }, @{ Kind = 'names'; Choices = @('ecr:complete_images:findings:repository=1:--fail-on,--scan-timeout') })
                LastRepeats = $false
                Columns = @('severity', 'name', 'package', 'version', 'fixed_in', 'uri', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--wait'); Help = 'Wait until the scan is over.'; Value = $null }
                    @{ Names = @('--fail-on'); Help = 'Fail when a finding is as severe as this or worse.'; Value = @{ Kind = 'choices'; Choices = @('critical', 'high', 'medium', 'low', 'informational', 'undefined') } }
                    @{ Names = @('--scan-timeout'); Help = 'How long to wait for the scan.'; Value = @{ Kind = 'text' } }
                )
            }
            'images' = @{
                Help = 'List the images of a repository, newest first.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('ecr:complete_repositories') })
                LastRepeats = $false
                Columns = @('tags', 'kind', 'size', 'pushed_at', 'pulled_at', 'findings', 'digest', 'subject', 'status', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--untagged'); Help = 'Only images without a tag.'; Value = $null }
                )
            }
            'lifecycle' = @{
                Help = 'Show, write or remove a repository''s lifecycle policy.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('ecr:complete_repositories') })
                LastRepeats = $false
                Columns = @()
                Flags = @(
                    @{ Names = @('--set'); Help = 'Write the policy in this JSON file.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--remove'); Help = 'Remove the policy.'; Value = $null }
                )
            }
            'login' = @{
                Help = 'Log docker, podman, skopeo, helm and others in to ECR.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $true
                Columns = @('registry', 'tool', 'expires_at', 'status', 'detail', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--tool'); Help = 'Log in this tool; may be repeated; default: all on PATH.'; Value = @{ Kind = 'names'; Choices = @('ecr:complete_tools') } }
                    @{ Names = @('--registry-ids'); Help = 'Accounts whose registries are meant, with commas between.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--public'); Help = 'Log in to public.ecr.aws as well.'; Value = $null }
                    @{ Names = @('--fips'); Help = 'Use the registry''s FIPS host name.'; Value = $null }
                    @{ Names = @('--dual-stack'); Help = 'Use the registry''s dual-stack host name.'; Value = $null }
                    @{ Names = @('--check'); Help = 'Only say who is logged in, and until when.'; Value = $null }
                    @{ Names = @('--helper'); Help = 'Have docker ask awsops for a login whenever it needs one.'; Value = $null }
                )
            }
            'ls' = @{
                Help = 'List the repositories of the registry.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('ecr:complete_repositories') })
                LastRepeats = $false
                Columns = @('repository', 'mutability', 'scan_on_push', 'created_at', 'uri', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'policy' = @{
                Help = 'Show, write or remove the policy that says who else may use a repository.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('ecr:complete_repositories') })
                LastRepeats = $false
                Columns = @()
                Flags = @(
                    @{ Names = @('--set'); Help = 'Write the policy in this JSON file.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--remove'); Help = 'Remove the policy.'; Value = $null }
                )
            }
            'prune' = @{
                Help = 'Remove old images, never one that is protected or in use.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('ecr:complete_repositories') })
                LastRepeats = $false
                Columns = @('repository', 'digest', 'tags', 'size', 'status', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--keep'); Help = 'Keep the newest so many images.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--older-than'); Help = 'Remove only what was pushed longer ago, like 90d.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--protect'); Help = 'Keep images with a tag that matches the glob; may be repeated.'; Value = @{ Kind = 'names'; Choices = @('ecr:complete_images:prune:repository=1:--keep,--older-than,--protect') } }
                )
            }
            'push' = @{
                Help = 'Push an image once, under all its tags, and know that it is there.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'files' }, @{ Kind = 'names'; Choices = @('ecr:complete_goals:push:stem?') })
                LastRepeats = $false
                Columns = @('registry', 'repository', 'tag', 'digest', 'size', 'pushed', 'status', 'image', 'severity', 'findings', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--tag'); Help = 'One more tag; may be repeated.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--create'); Help = 'Make the repository where it is missing.'; Value = $null }
                    @{ Names = @('--wait-scan'); Help = 'Wait for what the scan finds.'; Value = $null }
                    @{ Names = @('--fail-on'); Help = 'Fail when a finding is as severe as this or worse.'; Value = @{ Kind = 'choices'; Choices = @('critical', 'high', 'medium', 'low', 'informational', 'undefined') } }
                    @{ Names = @('--scan-timeout'); Help = 'How long to wait for the scan.'; Value = @{ Kind = 'text' } }
                )
            }
            'token' = @{
                Help = 'Print a registry''s user and password, for a tool that awsops does not know.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Columns = @('registry', 'user', 'password', 'expires_at', 'profile', 'account', 'region')
                Flags = @(

                )
            }
        }
        'help' = [ordered]@{
            'help' = @{
                Help = 'Show a page of the manual, the help of a noun or verb, or what there is to read.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'names'; Choices = @('help:complete_topics') }, @{ Kind = 'names'; Choices = @('help:complete_verbs:help:topic=1') })
                LastRepeats = $false
                Columns = @('topic', 'kind', 'about', 'name', 'path')
                Flags = @(
                    @{ Names = @('--man'); Help = 'Print the source of its man page.'; Value = $null }
                    @{ Names = @('--install'); Help = 'Write every man page to ~/.local/share/man.'; Value = $null }
                )
            }
        }
        'history' = [ordered]@{
            'export' = @{
                Help = 'Give every entry of the journal as it stands, with its hash.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Columns = @('entry', 'run', 'kind', 'body', 'hash')
                Flags = @(
                    @{ Names = @('--since'); Help = 'Only runs begun since then: 2h, 7d, 2026-03-01.'; Value = @{ Kind = 'text' } }
                )
            }
            'ls' = @{
                Help = 'List the runs that changed something, the newest first.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Columns = @('run', 'command', 'started_at', 'seconds', 'exit_code', 'changes', 'calls', 'accounts')
                Flags = @(
                    @{ Names = @('--since'); Help = 'Only runs begun since then: 2h, 7d, 2026-03-01.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--account'); Help = 'Only runs that changed this account.'; Value = @{ Kind = 'names'; Choices = @('history:complete_accounts') } }
                    @{ Names = @('--service'); Help = 'Only runs that called this service: sqs.'; Value = @{ Kind = 'names'; Choices = @('history:complete_services') } }
                    @{ Names = @('--limit', '-n'); Help = 'Show so many, the newest first.'; Value = @{ Kind = 'text' } }
                )
            }
            'prune' = @{
                Help = 'Remove old runs from the journal; what is left can still be verified.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Columns = @('journal', 'removed', 'before')
                Flags = @(
                    @{ Names = @('--older-than'); Help = 'Remove what began longer ago, like 90d.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--yes', '-y'); Help = 'Remove them without asking.'; Value = $null }
                )
            }
            'show' = @{
                Help = 'Show the calls of one run, or its changes.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'names'; Choices = @('history:complete_changing_runs') })
                LastRepeats = $false
                Columns = @('at', 'account', 'region', 'service', 'operation', 'params', 'request_id', 'outcome', 'error', 'caller', 'change', 'status', 'action', 'resource', 'detail', 'before', 'after', 'undo', 'why_no_undo')
                Flags = @(
                    @{ Names = @('--changes'); Help = 'What changed, before and after, in place of the calls.'; Value = $null }
                )
            }
            'undo' = @{
                Help = 'Undo what a run changed, newest first, each planned and confirmed.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('history:complete_changing_runs') })
                LastRepeats = $false
                Columns = @('change', 'account', 'region', 'action', 'resource', 'status', 'undo', 'detail', 'profile')
                Flags = @(

                )
            }
            'verify' = @{
                Help = 'Check that no entry of the journal was edited or removed.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Columns = @('journal', 'entries', 'status', 'problem')
                Flags = @(

                )
            }
        }
        'kinesis' = [ordered]@{
            'balance' = @{
                Help = 'Make the ranges of all shards equally wide, in the fewest steps.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('kinesis:complete_streams') })
                LastRepeats = $false
                Columns = @('run', 'stream', 'before', 'open_shards', 'steps', 'seconds', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--to'); Help = 'So many shards; default: as many.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--exact'); Help = 'Move boundaries that are off by a few hash keys of 10^38 too.'; Value = $null }
                    @{ Names = @('--engine'); Help = 'UpdateShardCount makes equal ranges, 10 calls in 24 h; auto takes it where it can and says why not.'; Value = @{ Kind = 'choices'; Choices = @('auto', 'update-shard-count', 'split-merge') } }
                    @{ Names = @('--resume'); Help = 'Go on with an interrupted run.'; Value = @{ Kind = 'names'; Choices = @('kinesis:complete_runs:balance:stream=1:--engine,--resume,--to') } }
                )
            }
            'consumers' = @{
                Help = 'List the registered consumers of a stream.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('kinesis:complete_streams') })
                LastRepeats = $false
                Columns = @('name', 'status', 'created_at', 'arn', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'ls' = @{
                Help = 'List streams with their mode, state, shards and consumers.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('kinesis:complete_streams') })
                LastRepeats = $false
                Columns = @('name', 'mode', 'status', 'open_shards', 'retention', 'consumers', 'encryption', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'merge' = @{
                Help = 'Merge two shards that lie side by side, named or met at a hash key.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('kinesis:complete_streams') }, @{ Kind = 'names'; Choices = @('kinesis:complete_shards:merge:stream=1:--at,--resume') }, @{ Kind = 'names'; Choices = @('kinesis:complete_neighbours:merge:stream=1,shard=2:--at,--resume') })
                LastRepeats = $false
                Columns = @('run', 'stream', 'before', 'open_shards', 'steps', 'seconds', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--at'); Help = 'Merge the two that meet at this hash key.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--resume'); Help = 'Go on with an interrupted run.'; Value = @{ Kind = 'names'; Choices = @('kinesis:complete_runs:merge:stream=1:--at,--resume') } }
                )
            }
            'mode' = @{
                Help = 'Switch a stream between on-demand and provisioned capacity.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('kinesis:complete_streams') }, @{ Kind = 'names'; Choices = @('kinesis:complete_modes') })
                LastRepeats = $false
                Columns = @('stream', 'mode', 'status', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'put' = @{
                Help = 'Write a record for each line.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('kinesis:complete_streams') }, @{ Kind = 'files' })
                LastRepeats = $false
                Columns = @('stream', 'records', 'bytes', 'retried', 'failed', 'shards', 'seconds', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--key'); Help = 'Partition key of all records.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--key-field'); Help = 'JMESPath of each line''s partition key.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--records'); Help = 'Lines are records as `tail -o ndjson` writes them, keys and all.'; Value = $null }
                )
            }
            'retention' = @{
                Help = 'Show or change how long a stream keeps its records.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('kinesis:complete_streams') }, @{ Kind = 'text' })
                LastRepeats = $false
                Columns = @('stream', 'retention', 'status', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'scale' = @{
                Help = 'Change how many shards a stream has.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('kinesis:complete_streams') })
                LastRepeats = $false
                Columns = @('run', 'stream', 'before', 'open_shards', 'steps', 'seconds', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--to'); Help = 'So many open shards.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--by'); Help = 'So many more or fewer: 2x, -50%, +3.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--fit'); Help = 'So many that the busiest 5 minutes of the last day use this much of them: 60%.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--engine'); Help = 'UpdateShardCount makes equal ranges, 10 calls in 24 h; auto takes it where it can and says why not.'; Value = @{ Kind = 'choices'; Choices = @('auto', 'update-shard-count', 'split-merge') } }
                    @{ Names = @('--resume'); Help = 'Go on with an interrupted run.'; Value = @{ Kind = 'names'; Choices = @('kinesis:complete_runs:scale:stream=1:--by,--engine,--fit,--resume,--to') } }
                )
            }
            'shards' = @{
                Help = 'Show the shards of a stream with their hash ranges, and how hot they are.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('kinesis:complete_streams') })
                LastRepeats = $false
                Columns = @('shard_id', 'start_hash', 'end_hash', 'share', 'parent', 'adjacent_parent', 'state', 'bytes_per_s', 'records_per_s', 'throttles_per_s', 'use', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--all'); Help = 'The closed ones too, after the open.'; Value = $null }
                    @{ Names = @('--heat'); Help = 'Add what was written per second in the last 5m, 1h, ...'; Value = @{ Kind = 'text' } }
                )
            }
            'split' = @{
                Help = 'Split a shard in half, at a hash key, into many, or around one partition key.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('kinesis:complete_streams') }, @{ Kind = 'names'; Choices = @('kinesis:complete_shards:split:stream=1:--at,--into,--isolate,--resume') })
                LastRepeats = $false
                Columns = @('run', 'stream', 'before', 'open_shards', 'steps', 'seconds', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--at'); Help = 'Split at this hash key.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--into'); Help = 'Split into so many.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--isolate'); Help = 'Give this partition key a shard of its own.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--resume'); Help = 'Go on with an interrupted run.'; Value = @{ Kind = 'names'; Choices = @('kinesis:complete_runs:split:stream=1:--at,--into,--isolate,--resume') } }
                )
            }
            'tail' = @{
                Help = 'Follow the records of all shards in order, through splits and merges.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('kinesis:complete_streams') })
                LastRepeats = $false
                Columns = @('time', 'shard_id', 'sequence_number', 'partition_key', 'data', 'encoding', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--shard'); Help = 'Only this shard, its id or number.'; Value = @{ Kind = 'names'; Choices = @('kinesis:complete_readable:tail:stream=1:--count,--decode,--shard,--since,-n') } }
                    @{ Names = @('--since'); Help = 'How far back to begin, a time, or `start`: all that is kept.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--decode'); Help = 'How the data is shown.'; Value = @{ Kind = 'choices'; Choices = @('auto', 'json', 'text', 'base64', 'gzip') } }
                    @{ Names = @('--count', '-n'); Help = 'Stop after so many.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--drain'); Help = 'Stop when all written so far was read.'; Value = $null }
                )
            }
        }
        'lambda' = [ordered]@{
            'aliases' = @{
                Help = 'List the aliases of a function and where they point.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_functions') })
                LastRepeats = $false
                Columns = @('name', 'version', 'other_version', 'weight', 'description', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'config' = @{
                Help = 'Show what is set on a function, of its environment the names alone.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_functions') })
                LastRepeats = $false
                Columns = @('kind', 'name', 'value', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'invoke' = @{
                Help = 'Call a function once and show its answer and the end of its log.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_qualified:invoke:stem?') }, @{ Kind = 'text' })
                LastRepeats = $false
                Columns = @('function', 'version', 'status', 'error', 'payload', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--payload-file'); Help = 'Read the event from a file.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--async'); Help = 'Queue the call and do not wait.'; Value = $null }
                )
            }
            'ls' = @{
                Help = 'List functions with runtime, memory and last change.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_functions') })
                LastRepeats = $false
                Columns = @('name', 'runtime', 'deprecated', 'deprecated_at', 'memory_mb', 'timeout_seconds', 'code_bytes', 'changed_at', 'state', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--deprecated'); Help = 'Only those whose runtime is deprecated.'; Value = $null }
                )
            }
            'prune' = @{
                Help = 'Delete old versions that no alias, trigger or provisioned concurrency uses.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_functions') })
                LastRepeats = $false
                Columns = @('function', 'version', 'code_bytes', 'outcome', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--keep'); Help = 'The newest so many stay.'; Value = @{ Kind = 'text' } }
                )
            }
            'publish' = @{
                Help = 'Publish $LATEST as a version, exactly as it was looked at.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_functions') })
                LastRepeats = $false
                Columns = @('function', 'version', 'sha256', 'new', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--description'); Help = 'What is new in it.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--sha256'); Help = 'Publish only if this is the code''s CodeSha256.'; Value = @{ Kind = 'text' } }
                )
            }
            'revoke' = @{
                Help = 'Take a statement out of a function''s policy.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_qualified:revoke:stem?') }, @{ Kind = 'names'; Choices = @('lambda:complete_statements:revoke:function=1') })
                LastRepeats = $false
                Columns = @('function', 'statement', 'was', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'rollback' = @{
                Help = 'Take an alias back: away with its weights, or to the version it had before.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_aliases:rollback:stem?') })
                LastRepeats = $false
                Columns = @('alias', 'version', 'was', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--to'); Help = 'Version; default: the one before.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_versions:rollback:alias=1:--application,--engine,--group,--to') } }
                    @{ Names = @('--engine'); Help = 'client drives it from here; codedeploy has AWS do it, by minutes, and outlives us.'; Value = @{ Kind = 'choices'; Choices = @('client', 'codedeploy') } }
                    @{ Names = @('--application'); Help = 'CodeDeploy''s application; default: the function''s name.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_applications') } }
                    @{ Names = @('--group'); Help = 'CodeDeploy''s group; default: FUNCTION-ALIAS.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_deployment_groups:rollback:alias?=1,application?=--application:--application,--engine,--group,--to') } }
                )
            }
            'shift' = @{
                Help = 'Shift an alias to another version step by step, watched and reversible.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_aliases:shift:stem?') })
                LastRepeats = $true
                Columns = @('alias', 'step', 'weight', 'old_version', 'new_version', 'invocations', 'errors', 'error_rate', 'p99_ms', 'verdict', 'at', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--to'); Help = 'VERSION, latest-published, or publish: $LATEST as a new version.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_new_versions:shift:aliases=1*:--alarm,--application,--canary,--engine,--every,--group,--ignore-alarm,--linear,--max-error-rate,--max-p99,--max-throttles,--min-invocations,--on-idle,--poll,--post,--pre,--resume,--service-role,--smoke,--steps,--strategy,--to,--wave') } }
                    @{ Names = @('--canary'); Help = 'One step, like 10%/5m, then all.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--linear'); Help = 'Equal steps, like 10%/1m.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--steps'); Help = 'Weights in per cent, like 1,5,25,100.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--every'); Help = 'How long each of --steps lasts, like 2m or 30s.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--strategy'); Help = 'AWS''s name, like Canary10Percent5Minutes or AllAtOnce.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_strategies') } }
                    @{ Names = @('--all-at-once'); Help = 'No step in between.'; Value = $null }
                    @{ Names = @('--alarm'); Help = 'Roll back when this alarm goes off; metric or composite.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_alarms') } }
                    @{ Names = @('--ignore-alarm'); Help = 'Go on although this alarm is on.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_alarms') } }
                    @{ Names = @('--max-error-rate'); Help = 'Of the new version: 1%, or +0.5% above the old one.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--max-p99'); Help = 'Of the new version: +20% above the old one, or 800ms.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--max-throttles'); Help = 'Throttled calls of the alias in a step.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--min-invocations'); Help = 'Calls of the new version before a step counts.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--on-idle'); Help = 'What to do when they do not come.'; Value = @{ Kind = 'choices'; Choices = @('wait', 'continue', 'rollback') } }
                    @{ Names = @('--poll'); Help = 'How often to look, 1s or more.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--pre'); Help = 'Function to ask before the first step.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_functions') } }
                    @{ Names = @('--post'); Help = 'Function to ask after the promotion.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_functions') } }
                    @{ Names = @('--smoke'); Help = 'Calls through the alias at each step.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--wave'); Help = 'How many at a time over all targets, like 1,5,rest.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--resume'); Help = 'Go on with an interrupted run.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_shifts:shift:aliases=1*:--alarm,--application,--canary,--engine,--every,--group,--ignore-alarm,--linear,--max-error-rate,--max-p99,--max-throttles,--min-invocations,--on-idle,--poll,--post,--pre,--resume,--service-role,--smoke,--steps,--strategy,--to,--wave') } }
                    @{ Names = @('--engine'); Help = 'client drives it from here; codedeploy has AWS do it, by minutes, and outlives us.'; Value = @{ Kind = 'choices'; Choices = @('client', 'codedeploy') } }
                    @{ Names = @('--create'); Help = 'Make what CodeDeploy lacks.'; Value = $null }
                    @{ Names = @('--application'); Help = 'CodeDeploy''s application; default: the function''s name.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_applications') } }
                    @{ Names = @('--group'); Help = 'CodeDeploy''s group; default: FUNCTION-ALIAS.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_deployment_groups:shift:aliases?=1*,application?=--application:--alarm,--application,--canary,--engine,--every,--group,--ignore-alarm,--linear,--max-error-rate,--max-p99,--max-throttles,--min-invocations,--on-idle,--poll,--post,--pre,--resume,--service-role,--smoke,--steps,--strategy,--to,--wave') } }
                    @{ Names = @('--service-role'); Help = 'Role that CodeDeploy acts as; default: one that is made.'; Value = @{ Kind = 'names'; Choices = @('lambda:complete_service_roles') } }
                )
            }
            'start' = @{
                Help = 'Let a stopped function run again, with the concurrency that it had.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_functions') })
                LastRepeats = $false
                Columns = @('function', 'before', 'after', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--reserved'); Help = 'What to reserve, or none; default: as before the stop.'; Value = @{ Kind = 'text' } }
                )
            }
            'status' = @{
                Help = 'Show where an alias points, and tell of a shift that nobody drives.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_aliases:status:stem?') })
                LastRepeats = $false
                Columns = @('alias', 'version', 'other_version', 'weight', 'state', 'run', 'step', 'strategy', 'started_at', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'stop' = @{
                Help = 'Throttle every call of a function, by reserving nothing for it.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_functions') })
                LastRepeats = $false
                Columns = @('function', 'before', 'after', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'trigger' = @{
                Help = 'Disable, enable or bisect what feeds a function.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_functions') }, @{ Kind = 'names'; Choices = @('lambda:complete_triggers:trigger:function=1:--bisect') })
                LastRepeats = $false
                Columns = @('id', 'source', 'target', 'state', 'batch', 'lag_seconds', 'bisect', 'last_result', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--disable'); Help = 'Stop reading from it.'; Value = $null }
                    @{ Names = @('--enable'); Help = 'Read from it again.'; Value = $null }
                    @{ Names = @('--bisect'); Help = 'Halve a batch that failed; streams.'; Value = @{ Kind = 'choices'; Choices = @('on', 'off') } }
                )
            }
            'triggers' = @{
                Help = 'List what feeds a function, and how far behind it is.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_functions') })
                LastRepeats = $false
                Columns = @('id', 'source', 'target', 'state', 'batch', 'lag_seconds', 'bisect', 'last_result', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'versions' = @{
                Help = 'List the versions of a function and the aliases that use them.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('lambda:complete_functions') })
                LastRepeats = $false
                Columns = @('version', 'aliases', 'changed_at', 'runtime', 'code_bytes', 'sha256', 'description', 'profile', 'account', 'region')
                Flags = @(

                )
            }
        }
        'logs' = [ordered]@{
            'context' = @{
                Help = 'Show the events of the same stream around one event.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $true
                Columns = @('here', 'time', 'stream', 'message', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--lines', '-C'); Help = 'Events before and after it.'; Value = @{ Kind = 'text' } }
                )
            }
            'cost' = @{
                Help = 'Show what queries scanned and cost, by caller and log group, the dearest first.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @('who', 'group', 'queries', 'scanned_bytes', 'usd', 'last_at', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--since'); Help = 'How far back to begin, or a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--price'); Help = 'USD for a GB scanned; default: config.toml''s, or the list price.'; Value = @{ Kind = 'text' } }
                )
            }
            'export' = @{
                Help = 'Export the events of log groups, into files here or by an export task into S3.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('logs:complete_groups') })
                LastRepeats = $true
                Columns = @('group', 'events', 'files', 'file_bytes', 'folder', 'task', 'status', 'bucket', 'prefix', 'created_at', 'ended_at', 'reason', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--since'); Help = 'How far back to begin, or a time: 2h, 2026-03-01T12:00Z.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--from'); Help = 'Begin here instead of --since.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--to'); Help = 'End here instead of now.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--folder'); Help = 'Where the files go: a folder of each account and region.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--filter'); Help = 'The service''s filter pattern.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--gzip'); Help = 'Compress the files.'; Value = $null }
                    @{ Names = @('--bucket'); Help = 'The S3 bucket that a task writes to.'; Value = @{ Kind = 'names'; Choices = @('logs:complete_buckets') } }
                    @{ Names = @('--prefix'); Help = 'What the keys in the bucket begin with.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--engine'); Help = 'read writes files here, task has AWS write to --bucket; auto takes what there is a place for, of both the faster.'; Value = @{ Kind = 'choices'; Choices = @('auto', 'read', 'task') } }
                    @{ Names = @('--resume'); Help = 'Go on with an interrupted run.'; Value = @{ Kind = 'names'; Choices = @('logs:complete_exports') } }
                )
            }
            'exports' = @{
                Help = 'List export tasks, the newest first as the service lists them.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @('task', 'status', 'group', 'bucket', 'prefix', 'created_at', 'ended_at', 'reason', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'exports-cancel' = @{
                Help = 'Cancel an export task that is pending or running.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('logs:complete_tasks') })
                LastRepeats = $false
                Columns = @('task', 'status', 'group', 'bucket', 'prefix', 'created_at', 'ended_at', 'reason', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'groups' = @{
                Help = 'List log groups with what they store, for how long, and their newest event.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('logs:complete_groups') })
                LastRepeats = $false
                Columns = @('name', 'class', 'stored_bytes', 'retention_days', 'last_event', 'kms', 'account', 'profile', 'region')
                Flags = @(
                    @{ Names = @('--regex'); Help = 'PATTERN is a regular expression.'; Value = $null }
                    @{ Names = @('--linked'); Help = 'Those of linked accounts too.'; Value = $null }
                )
            }
            'queries' = @{
                Help = 'List saved queries: those of the account and those that awsops brings along.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @('name', 'origin', 'purpose', 'params', 'groups', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'queries-rm' = @{
                Help = 'Remove a saved query from the account.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('logs:complete_definitions') })
                LastRepeats = $false
                Columns = @('name', 'change', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'queries-save' = @{
                Help = 'Save a query in the account, in place of the one of that name.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('logs:complete_definitions') }, @{ Kind = 'text' })
                LastRepeats = $false
                Columns = @('name', 'change', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--group', '-g'); Help = 'Log group: name, glob or ARN; may be repeated.'; Value = @{ Kind = 'names'; Choices = @('logs:complete_groups') } }
                    @{ Names = @('--file', '-f'); Help = 'Read the query from a file.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--lang'); Help = 'The language of the query.'; Value = @{ Kind = 'choices'; Choices = @('cwli', 'sql', 'ppl') } }
                )
            }
            'queries-show' = @{
                Help = 'Print the text of a saved query.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('logs:complete_saved') })
                LastRepeats = $false
                Columns = @()
                Flags = @(

                )
            }
            'queries-sync' = @{
                Help = 'Make a folder of queries and the account''s saved queries the same.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'files' })
                LastRepeats = $false
                Columns = @('name', 'change', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--to'); Help = 'Which side may change.'; Value = @{ Kind = 'choices'; Choices = @('both', 'account', 'folder') } }
                    @{ Names = @('--prefer'); Help = 'Which side is right where both have changed.'; Value = @{ Kind = 'choices'; Choices = @('account', 'folder') } }
                    @{ Names = @('--delete'); Help = 'What was removed on one side goes from the other too.'; Value = $null }
                )
            }
            'query' = @{
                Help = 'Run a Logs Insights query and show its rows, what it scanned and what that cost.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('logs:complete_saved') })
                LastRepeats = $false
                Columns = @()
                Flags = @(
                    @{ Names = @('--group', '-g'); Help = 'Log group: name, glob or ARN; may be repeated.'; Value = @{ Kind = 'names'; Choices = @('logs:complete_groups') } }
                    @{ Names = @('--file', '-f'); Help = 'Read the query from a file.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--since'); Help = 'How far back to begin, or a time: 2h, 2026-03-01T12:00Z.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--from'); Help = 'Begin here instead of --since.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--to'); Help = 'End here instead of now.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--limit', '-n'); Help = 'Rows of one query, at most.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--lang'); Help = 'The language of the query.'; Value = @{ Kind = 'choices'; Choices = @('cwli', 'sql', 'ppl') } }
                    @{ Names = @('--set'); Help = 'A parameter of a saved query; may be repeated.'; Value = @{ Kind = 'names'; Choices = @('logs:complete_parameters:query:text=1:--file,--from,--group,--lang,--limit,--max-cost,--max-scan,--price,--set,--since,--to,-f,-g,-n') } }
                    @{ Names = @('--all'); Help = 'Every row: slice the time into many queries.'; Value = $null }
                    @{ Names = @('--max-scan'); Help = 'Stop when more than this is scanned.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--max-cost'); Help = 'Stop when it has cost more than so many USD.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--price'); Help = 'USD for a GB scanned; default: config.toml''s, or the list price.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--no-chart'); Help = 'Do not draw what is counted by time.'; Value = $null }
                    @{ Names = @('--ptr'); Help = 'Show @ptr too, for logs record.'; Value = $null }
                )
            }
            'record' = @{
                Help = 'Show every field of one event.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Columns = @()
                Flags = @(

                )
            }
            'retention' = @{
                Help = 'Set for how long log groups keep their events.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('logs:complete_groups') })
                LastRepeats = $true
                Columns = @('group', 'retention_days', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--days'); Help = 'Keep events for so many days.'; Value = @{ Kind = 'names'; Choices = @('logs:complete_retentions') } }
                    @{ Names = @('--forever'); Help = 'Never delete events.'; Value = $null }
                )
            }
            'running' = @{
                Help = 'List the queries that run now, whoever started them.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Columns = @('query', 'status', 'started_at', 'group', 'text', 'who', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'stop' = @{
                Help = 'Stop queries that still run and cost.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('logs:complete_running') })
                LastRepeats = $true
                Columns = @('query', 'outcome', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--mine'); Help = 'Those that a killed awsops of this machine has left behind.'; Value = $null }
                )
            }
            'tail' = @{
                Help = 'Show events of log groups as they come in, merged into one stream.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('logs:complete_groups') })
                LastRepeats = $true
                Columns = @('time', 'group', 'stream', 'message', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--follow', '-f'); Help = 'Go on as events come in.'; Value = $null }
                    @{ Names = @('--since'); Help = 'How far back to begin, or a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--filter'); Help = 'The service''s filter pattern.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--grep'); Help = 'Only messages that this regular expression finds.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--where'); Help = 'Only JSON messages of which this JMESPath is true.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--format'); Help = 'How a line reads: ''{time} {message}''.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--engine'); Help = 'live is a Live Tail session, poll asks again and again; auto polls unless that would be slow here.'; Value = @{ Kind = 'choices'; Choices = @('auto', 'poll', 'live') } }
                )
            }
        }
        'plugin' = [ordered]@{
            'check' = @{
                Help = 'Check plugins against the contract that docs/plugins.md describes.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'names'; Choices = @('plugin:complete_plugins') })
                LastRepeats = $true
                Columns = @('noun', 'where', 'problem', 'mend')
                Flags = @(

                )
            }
            'ls' = @{
                Help = 'List every plugin, the broken ones with their error.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Columns = @('noun', 'kind', 'origin', 'commands', 'status', 'error')
                Flags = @(

                )
            }
            'new' = @{
                Help = 'Write a working plugin with its test, to begin your own with.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Columns = @('file', 'holds')
                Flags = @(
                    @{ Names = @('--package'); Help = 'A package of its own, to be shared, in the current folder.'; Value = $null }
                    @{ Names = @('--folder'); Help = 'Where to write it; default: where awsops looks for plugins.'; Value = @{ Kind = 'files' } }
                )
            }
        }
        'recipe' = [ordered]@{
            'check' = @{
                Help = 'Find every mistake in a recipe without running it.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'names-or-files'; Choices = @('recipe:complete_recipes') })
                LastRepeats = $false
                Columns = @('file', 'line', 'column', 'problem', 'hint')
                Flags = @(
                    @{ Names = @('--set'); Help = 'A parameter; may be repeated.'; Value = @{ Kind = 'names'; Choices = @('recipe:complete_parameters:check:name?=1,stem?:--params,--set') } }
                    @{ Names = @('--params'); Help = 'YAML file of parameters, name: value.'; Value = @{ Kind = 'files' } }
                )
            }
            'ls' = @{
                Help = 'List the recipes that there are, the broken ones with their error.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Columns = @('name', 'summary', 'params', 'steps', 'origin', 'status', 'error', 'path')
                Flags = @(

                )
            }
            'new' = @{
                Help = 'Print a recipe made of what was done in past runs.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'text' }, @{ Kind = 'names'; Choices = @('recipe:complete_changing_runs') })
                LastRepeats = $true
                Columns = @()
                Flags = @(

                )
            }
            'policy' = @{
                Help = 'Rehearse a recipe, each of its steps, and print the IAM policy that it needs.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names-or-files'; Choices = @('recipe:complete_recipes') })
                LastRepeats = $false
                Columns = @()
                Flags = @(
                    @{ Names = @('--set'); Help = 'A parameter; may be repeated.'; Value = @{ Kind = 'names'; Choices = @('recipe:complete_parameters:policy:name?=1,stem?:--params,--seed-from,--set') } }
                    @{ Names = @('--params'); Help = 'YAML file of parameters, name: value.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--seed-from'); Help = 'Command lines of awsops to run in the sandbox first.'; Value = @{ Kind = 'files' } }
                )
            }
            'rehearse' = @{
                Help = 'Run a recipe whole in a fresh sandbox and say what it came to.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names-or-files'; Choices = @('recipe:complete_recipes') })
                LastRepeats = $false
                Columns = @('recipe', 'result', 'exit_code', 'steps', 'calls', 'changes', 'faults', 'seconds', 'problem', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--set'); Help = 'A parameter; may be repeated.'; Value = @{ Kind = 'names'; Choices = @('recipe:complete_parameters:rehearse:name?=1,stem?:--chaos,--params,--seed-from,--set') } }
                    @{ Names = @('--params'); Help = 'YAML file of parameters, name: value.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--chaos'); Help = 'Faults, such as throttle=0.1,error=0.02,latency=50ms,seed=7.'; Value = @{ Kind = 'names'; Choices = @('recipe:complete_faults:rehearse:stem?') } }
                    @{ Names = @('--seed-from'); Help = 'Command lines of awsops to run in the sandbox first.'; Value = @{ Kind = 'files' } }
                )
            }
            'report' = @{
                Help = 'Print what a run did, as Markdown, or write it as one HTML page.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'names'; Choices = @('recipe:complete_runs') })
                LastRepeats = $false
                Columns = @()
                Flags = @(
                    @{ Names = @('--html'); Help = 'Write one HTML page to this file.'; Value = @{ Kind = 'files' } }
                )
            }
            'resume' = @{
                Help = 'Go on with a run of a recipe that was cut off or failed.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('recipe:complete_runs') })
                LastRepeats = $false
                Columns = @()
                Flags = @(
                    @{ Names = @('--params'); Help = 'YAML file of the secrets, which a run does not keep.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--again'); Help = 'Run this step again, which was cut off; may be repeated.'; Value = @{ Kind = 'names'; Choices = @('recipe:complete_cut_off:resume:run=1:--again,--done,--params') } }
                    @{ Names = @('--done'); Help = 'Take this step, which was cut off, as done.'; Value = @{ Kind = 'names'; Choices = @('recipe:complete_cut_off:resume:run=1:--again,--done,--params') } }
                )
            }
            'run' = @{
                Help = 'Run a recipe over the targets, each step planned and confirmed.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names-or-files'; Choices = @('recipe:complete_recipes') })
                LastRepeats = $false
                Columns = @()
                Flags = @(
                    @{ Names = @('--set'); Help = 'A parameter; may be repeated.'; Value = @{ Kind = 'names'; Choices = @('recipe:complete_parameters:run:name?=1,stem?:--from,--only,--params,--set') } }
                    @{ Names = @('--params'); Help = 'YAML file of parameters, name: value.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--steps'); Help = 'Give the steps as rows, not their results.'; Value = $null }
                    @{ Names = @('--from'); Help = 'Begin with this step.'; Value = @{ Kind = 'names'; Choices = @('recipe:complete_steps:run:name=1:--from,--only,--params,--set') } }
                    @{ Names = @('--only'); Help = 'Run only this step; may be repeated.'; Value = @{ Kind = 'names'; Choices = @('recipe:complete_steps:run:name=1:--from,--only,--params,--set') } }
                    @{ Names = @('--step'); Help = 'Ask before each step.'; Value = $null }
                )
            }
            'schema' = @{
                Help = 'Print the JSON Schema of recipes, for editors.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Columns = @()
                Flags = @(

                )
            }
            'show' = @{
                Help = 'Show a recipe''s parameters, steps and checks.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'names-or-files'; Choices = @('recipe:complete_recipes') })
                LastRepeats = $false
                Columns = @('part', 'name', 'what', 'details')
                Flags = @(
                    @{ Names = @('--source'); Help = 'Print the recipe''s text as it is.'; Value = $null }
                )
            }
        }
        'sandbox' = [ordered]@{
            'env' = @{
                Help = 'Print the shell commands that lead AWS tools to a sandbox and nowhere else.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'names'; Choices = @('sandbox:complete_sandboxes') })
                LastRepeats = $false
                Columns = @()
                Flags = @(

                )
            }
            'seed' = @{
                Help = 'Put the queues and dead letters of the three accounts back to the start.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'names'; Choices = @('sandbox:complete_sandboxes') })
                LastRepeats = $false
                Columns = @('account', 'queue', 'messages')
                Flags = @(
                    @{ Names = @('--messages', '-n'); Help = 'Dead letters in each account.'; Value = @{ Kind = 'text' } }
                )
            }
            'start' = @{
                Help = 'Start a sandbox, or show the one of that name that runs.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'names'; Choices = @('sandbox:complete_sandboxes') })
                LastRepeats = $false
                Columns = @('name', 'endpoint', 'pid', 'started_at', 'profiles', 'chaos', 'folder')
                Flags = @(
                    @{ Names = @('--chaos'); Help = 'Faults, such as throttle=0.1,error=0.02,latency=50ms,seed=7.'; Value = @{ Kind = 'names'; Choices = @('sandbox:complete_faults:start:stem?') } }
                    @{ Names = @('--empty'); Help = 'Start without seeded queues.'; Value = $null }
                    @{ Names = @('--port'); Help = 'Port on 127.0.0.1.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--registry'); Help = 'Have a real docker-registry behind ECR, where it is installed.'; Value = $null }
                )
            }
            'status' = @{
                Help = 'List the sandboxes that run.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Columns = @('name', 'endpoint', 'pid', 'started_at', 'profiles', 'chaos', 'folder')
                Flags = @(

                )
            }
            'stop' = @{
                Help = 'Stop a sandbox; everything in it is gone.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'names'; Choices = @('sandbox:complete_sandboxes') })
                LastRepeats = $false
                Columns = @('name', 'status')
                Flags = @(
                    @{ Names = @('--all'); Help = 'Stop every sandbox.'; Value = $null }
                )
            }
        }
        'sqs' = [ordered]@{
            'attrs' = @{
                Help = 'Show a queue''s attributes, or set some of them.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('sqs:complete_queues') })
                LastRepeats = $false
                Columns = @('name', 'value', 'settable', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--set'); Help = 'Name=value, such as VisibilityTimeout=30s; may be repeated.'; Value = @{ Kind = 'names'; Choices = @('sqs:complete_settings:attrs:queue=1,stem?:--set') } }
                )
            }
            'cancel' = @{
                Help = 'Cancel the move task of a dead-letter queue; what it moved stays moved.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('sqs:complete_dlqs') })
                LastRepeats = $false
                Columns = @('dlq', 'status', 'destination', 'moved', 'to_move', 'rate', 'started_at', 'failure_reason', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'drain' = @{
                Help = 'Write messages to a file, then delete them from the queue.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('sqs:complete_queues') }, @{ Kind = 'files' })
                LastRepeats = $false
                Columns = @('queue', 'file', 'drained', 'skipped', 'in_file', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--where'); Help = 'Only where this JMESPath over {body, attributes, system, age} is true.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--match'); Help = 'Only where this regular expression is found in the body.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--since'); Help = 'Only those sent since: 2h, or a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--until'); Help = 'Only those sent before: 1h, or a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--max'); Help = 'Take out at most so many messages.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--resume'); Help = 'Go on with an interrupted run.'; Value = @{ Kind = 'names'; Choices = @('sqs:complete_drains:drain:queue=1:--match,--max,--resume,--since,--until,--where') } }
                )
            }
            'export' = @{
                Help = 'Copy messages into a file and leave all of them in the queue.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('sqs:complete_queues') }, @{ Kind = 'files' })
                LastRepeats = $false
                Columns = @('queue', 'file', 'messages', 'skipped', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--where'); Help = 'Only where this JMESPath over {body, attributes, system, age} is true.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--match'); Help = 'Only where this regular expression is found in the body.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--since'); Help = 'Only those sent since: 2h, or a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--until'); Help = 'Only those sent before: 1h, or a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--raise-receive-count'); Help = 'Look even where each look counts towards the queue''s own maxReceiveCount and may push messages into its dead-letter queue.'; Value = $null }
                )
            }
            'import' = @{
                Help = 'Send the messages of a file to a queue.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('sqs:complete_queues') }, @{ Kind = 'files' })
                LastRepeats = $false
                Columns = @('file', 'queue', 'sent', 'failed', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--lanes'); Help = 'Batches under way at a time; default: --jobs, else 4.'; Value = @{ Kind = 'text' } }
                )
            }
            'ls' = @{
                Help = 'List queues with their depths and dead-letter wiring.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('sqs:complete_queues') })
                LastRepeats = $false
                Columns = @('name', 'type', 'visible', 'in_flight', 'delayed', 'dlq', 'max_receive_count', 'url', 'oldest_seconds', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--dlq'); Help = 'Only queues that are somebody''s dead-letter queue.'; Value = $null }
                    @{ Names = @('--age'); Help = 'Ask CloudWatch how old the oldest message of each is.'; Value = $null }
                )
            }
            'moves' = @{
                Help = 'Show the last ten move tasks of a dead-letter queue.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('sqs:complete_dlqs') })
                LastRepeats = $false
                Columns = @('dlq', 'status', 'destination', 'moved', 'to_move', 'rate', 'started_at', 'failure_reason', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'peek' = @{
                Help = 'Show messages of a queue and give every one of them back at once.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('sqs:complete_queues') })
                LastRepeats = $false
                Columns = @('message_id', 'sent_at', 'receive_count', 'body', 'attributes', 'group_id', 'dedup_id', 'trace_header', 'source', 'sender', 'kind', 'messages', 'oldest', 'newest', 'example', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--count', '-n'); Help = 'Look at so many; default 10, with --where or --group-by 1,000.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--where'); Help = 'Only where this JMESPath over {body, attributes, system, age} is true.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--group-by'); Help = 'Count them by this JMESPath of {body, attributes, system, age}.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--raise-receive-count'); Help = 'Look even where each look counts towards the queue''s own maxReceiveCount and may push messages into its dead-letter queue.'; Value = $null }
                )
            }
            'policy' = @{
                Help = 'Show which queue gives up into which, as a tree, and what is wrong with it.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'names'; Choices = @('sqs:complete_queues') })
                LastRepeats = $false
                Columns = @('tree', 'dlq', 'source', 'max_receive_count', 'visible', 'problem', 'profile', 'account', 'region')
                Flags = @(

                )
            }
            'purge' = @{
                Help = 'Delete all messages of a queue, for good.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('sqs:complete_queues') })
                LastRepeats = $false
                Columns = @('queue', 'about', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--confirm'); Help = 'The queue''s name; on a terminal it is asked for.'; Value = @{ Kind = 'text' } }
                )
            }
            'redrive' = @{
                Help = 'Move messages from a dead-letter queue back to where they came from.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('sqs:complete_dlqs') })
                LastRepeats = $false
                Columns = @('run', 'dlq', 'destination', 'matched', 'moved', 'skipped', 'failed', 'resumed', 'seconds', 'rate', 'message_id', 'outcome', 'reason', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--to'); Help = 'Where all go; default: each to its own source.'; Value = @{ Kind = 'names'; Choices = @('sqs:complete_goals:redrive:to_profile?=--to-profile,to_region?=--to-region:--backup,--engine,--lanes,--match,--max,--rate,--resume,--since,--stop-if-returned,--to,--to-profile,--to-region,--transform,--until,--visibility,--where') } }
                    @{ Names = @('--where'); Help = 'Only where this JMESPath over {body, attributes, system, age} is true.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--match'); Help = 'Only where this regular expression is found in the body.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--since'); Help = 'Only those sent since: 2h, or a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--until'); Help = 'Only those sent before: 1h, or a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--max'); Help = 'Move at most so many messages.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--rate'); Help = 'Move at most so many a second, like 50/s.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--backup'); Help = 'Append every message to this file before it is sent.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--transform'); Help = 'Send this JMESPath of {body, attributes, system, age} as the body.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--keep-dedup-id'); Help = 'Keep FIFO deduplication ids; SQS drops copies of those it saw in 5 minutes.'; Value = $null }
                    @{ Names = @('--stop-if-returned'); Help = 'Stop when so many of the moved come back, like 20%.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--each'); Help = 'Show a row for each message instead of the sum.'; Value = $null }
                    @{ Names = @('--to-profile'); Help = 'The profile of the account that --to is in.'; Value = @{ Kind = 'profile' } }
                    @{ Names = @('--to-region'); Help = 'The region that --to is in.'; Value = @{ Kind = 'region' } }
                    @{ Names = @('--engine'); Help = 'client moves them from here; aws has SQS move all, at 500/s at most; default: auto, which is aws for slow runs of 15 minutes and more that it can do.'; Value = @{ Kind = 'choices'; Choices = @('client', 'aws', 'auto') } }
                    @{ Names = @('--lanes'); Help = 'Batches under way at a time; default: --jobs, else 4.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--visibility'); Help = 'Hide what is under way for so long; a killed run''s messages then return.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--resume'); Help = 'Go on with an interrupted run.'; Value = @{ Kind = 'names'; Choices = @('sqs:complete_redrives:redrive:dlq=1:--backup,--engine,--lanes,--match,--max,--rate,--resume,--since,--stop-if-returned,--to,--to-profile,--to-region,--transform,--until,--visibility,--where') } }
                )
            }
            'send' = @{
                Help = 'Send a message, attributes and all, or a file of them.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'names'; Choices = @('sqs:complete_queues') }, @{ Kind = 'text' })
                LastRepeats = $false
                Columns = @('message_id', 'queue', 'md5', 'sequence_number', 'profile', 'account', 'region')
                Flags = @(
                    @{ Names = @('--body-file'); Help = 'Read the body from a file, as it is.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--attribute'); Help = 'name=value, name:Number=5 or name:Binary=BASE64; may be repeated.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--group-id'); Help = 'Message group; FIFO queues need one.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--dedup-id'); Help = 'Deduplication id, for FIFO queues.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--delay'); Help = 'Hide it at first, 0s to 15m; not for FIFO queues.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--many'); Help = 'Send each line of this file, like {"body": ..., "group_id": ...}; - is stdin.'; Value = @{ Kind = 'files' } }
                )
            }
        }
    }
    $help = @(@{ Names = @('--help', '-h'); Help = 'Show what it does and takes.'; Value = $null })
    $version = @(@{ Names = @('--version', '-V'); Help = 'Show the version.'; Value = $null })

    function Read-Config($named, $default) {
        $file = $named
        if (-not $file) { $file = Join-Path (Join-Path $HOME '.aws') $default }
        if (Test-Path -LiteralPath $file -PathType Leaf) { Get-Content -LiteralPath $file }
    }

    function Get-Profiles {
        Read-Config $env:AWS_CONFIG_FILE 'config' | ForEach-Object {
            if ($_ -match '^\[(default)\]') { $Matches[1] }
            elseif ($_ -match '^\[profile\s+["'']?([^\]]*?)["'']?\s*\]') { $Matches[1] }
        }
        Read-Config $env:AWS_SHARED_CREDENTIALS_FILE 'credentials' | ForEach-Object {
            if ($_ -match '^\[([^\]]*)\]') { $Matches[1] }
        }
    }

    function Get-ProfileGroups {
        $folder = $env:AWSOPS_CONFIG_DIR
        if (-not $folder) {
            $base = $env:XDG_CONFIG_HOME
            if (-not $base) { $base = Join-Path $HOME '.config' }
            $folder = Join-Path $base 'awsops'
        }
        $file = $env:AWSOPS_CONFIG_FILE
        if (-not $file) { $file = Join-Path $folder 'config.toml' }
        if (-not (Test-Path -LiteralPath $file -PathType Leaf)) { return }
        $inside = $false
        Get-Content -LiteralPath $file | ForEach-Object {
            if ($_ -match '^\[') { $inside = $_ -match '^\[groups\]' }
            elseif ($inside -and $_ -match '^\s*"?([\w.-]+)"?\s*=') { '@' + $Matches[1] }
        }
    }

    function Get-Regions {
        Read-Config $env:AWS_CONFIG_FILE 'config' | ForEach-Object {
            if ($_ -match '^region\s*=\s*([a-z0-9-]+)') { $Matches[1] }
        }
    }

    function Get-Roles {
        Read-Config $env:AWS_CONFIG_FILE 'config' | ForEach-Object {
            if ($_ -match '^role_arn\s*=\s*(\S+:role/(\S+))') { $Matches[2]; $Matches[1] }
        }
    }

    # Columns of the command's rows, with commas between.
    function Get-Columns($typed, $prefix) {
        $head = if ($typed -match '^(.*,)') { $Matches[1] } else { '' }
        $given = $head -split ','
        $kept = $head
        # Without quotes it is an array to PowerShell, which puts in its last element alone.
        if ($head -and -not "$wordToComplete".Contains(',')) { $kept = ''; $prefix = '' }
        $command.Columns | Where-Object {
            $_ -and $given -cnotcontains $_ -and "$head$_".StartsWith($typed, 'Ordinal')
        } | ForEach-Object { New-Result "$kept$_" '' $prefix 'ParameterValue' }
    }

    # The same in an expression, after what is no name.
    function Get-Expressions($typed) {
        $head = if ($typed -match '^(.*\W)') { $Matches[1] } else { '[].' }
        $command.Columns | Where-Object { $_ } | ForEach-Object { "$head$_" }
    }

    function Find-Flag($flags, $name) {
        $flags | Where-Object { $_.Names -ccontains $name } | Select-Object -First 1
    }

    # A word that is not plainly one is quoted when it is put in; a curly quote ends a string too.
    function New-Result($word, $tip, $prefix, $type) {
        $put = "$prefix$word"
        if ($put -notmatch '^[\w./:=+-]+$') {
            $put = "'" + ($put -replace "(['\u2018-\u201b])", '$1$1') + "'"
        }
        if (-not $tip) { $tip = $word }
        [System.Management.Automation.CompletionResult]::new($put, $word, $type, $tip)
    }

    function Get-Files($typed, $prefix) {
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($typed) |
            ForEach-Object {
                [System.Management.Automation.CompletionResult]::new(
                    $prefix + $_.CompletionText, $_.ListItemText, $_.ResultType, $_.ToolTip)
            }
    }

    # A word without its quotes, also where they begin after --option=.
    function Get-Plain($text) {
        if ($text -match '^(--[^=''"]+=)?(["''])(.*?)\2?$') { $Matches[1] + $Matches[3] }
        else { $text }
    }

    # A whole word as awsops would get it: a doubled quote is one, a backtick is none.
    function Get-Word($element) {
        $text = $element.Extent.Text
        $string = [System.Management.Automation.Language.StringConstantExpressionAst]
        if ($element -is $string -and $text -notmatch '^-.*[''"]') { $element.Value }
        else { Get-Plain $text }
    }

    # Names of resources, from awsops itself, which answers at once or not at all.
    function Get-Names($kind, $prefix) {
        $before = @($script:awsopsBefore | Select-Object -Skip 1)
        $words = $before + @($script:awsopsAfter)
        & awsops __names $kind "=$prefix" "=$($before.Count)" @words 2>$null |
            ForEach-Object { ($_ -split "`t")[0] }
    }

    function Get-Values($value, $typed, $prefix) {
        if ($value.Kind -eq 'columns') { return Get-Columns $typed $prefix }
        if ('files', 'program' -ccontains $value.Kind) { return Get-Files $typed $prefix }
        $found = switch ($value.Kind) {
            'choices' { $value.Choices }
            'profile' { Get-Profiles }
            'profiles' { Get-Profiles; Get-ProfileGroups }
            'region' { Get-Regions }
            'regions' { 'all'; Get-Regions }
            'roles' { Get-Roles }
            'query' { Get-Expressions $typed }
            'names' { Get-Names $value.Choices[0] $typed }
            'names-or-files' { Get-Names $value.Choices[0] $typed }
        }
        $found = @($found | Where-Object { $_ -and $_.StartsWith($typed, 'Ordinal') })
        if (-not $found -and $value.Kind -eq 'names-or-files') { return Get-Files $typed $prefix }
        $found | Sort-Object -Unique -CaseSensitive |
            ForEach-Object { New-Result $_ '' $prefix 'ParameterValue' }
    }

    # The words before the cursor, the one that it stands in as far as that, and those after it.
    $typed = @()
    $current = ''
    $later = @()
    foreach ($element in $commandAst.CommandElements) {
        $extent = $element.Extent
        $whole = $extent.Text
        $before = $cursorPosition - $extent.StartOffset
        if ($extent.EndOffset -lt $cursorPosition) { $typed += Get-Word $element }
        elseif ($before -le 0) { $later += Get-Word $element }
        elseif ($before -lt $whole.Length) { $current = Get-Plain $whole.Substring(0, $before) }
        else { $current = Get-Plain $whole }
    }

    $script:awsopsBefore = $typed
    $script:awsopsAfter = $later
    $flags = @($groups.Values | ForEach-Object { $_ })
    $noun = ''; $verb = ''; $waiting = $null; $ended = $false; $position = 0
    foreach ($word in @($typed | Select-Object -Skip 1)) {
        if ($waiting) { $waiting = $null }
        elseif (-not $ended -and $word -ceq '--') { $ended = $true }
        elseif (-not $ended -and $word -match '^-.') { $waiting = (Find-Flag $flags $word).Value }
        elseif (-not $verb) {
            if (-not $noun) {
                $noun = $word
                if (@('doctor', 'help') -cnotcontains $noun) { continue }
            }
            $verb = $word
            $command = if ($verbs.Contains($noun)) { $verbs[$noun][$verb] }
            if ($command) {
                $flags = @($command.Flags) + @($command.Groups | ForEach-Object { $groups[$_] })
            }
        }
        else { $position++ }
    }

    if ($waiting) { Get-Values $waiting $current '' }
    elseif (-not $ended -and $current -match '^(--[^=]+)=(.*)$') {
        $name, $value = $Matches[1], $Matches[2]
        $flag = Find-Flag $flags $name
        if ($flag -and $flag.Value) { Get-Values $flag.Value $value "$name=" }
    }
    elseif (-not $ended -and $current.StartsWith('-')) {
        $offered = @($flags) + $help
        if (-not $noun) { $offered += $version }
        foreach ($flag in $offered) {
            foreach ($name in $flag.Names) {
                if ($name.StartsWith($current, 'Ordinal')) {
                    New-Result $name $flag.Help '' 'ParameterName'
                }
            }
        }
    }
    elseif (-not $noun) {
        $nouns.Keys | Where-Object { $_.StartsWith($current, 'Ordinal') } |
            ForEach-Object { New-Result $_ $nouns[$_] '' 'Command' }
    }
    elseif (-not $verb) {
        if ($verbs.Contains($noun)) {
            $verbs[$noun].Keys | Where-Object { $_.StartsWith($current, 'Ordinal') } |
                ForEach-Object { New-Result $_ $verbs[$noun][$_].Help '' 'Command' }
        }
    }
    elseif ($command) {
        $all = @($command.Arguments)
        if ($command.LastRepeats) { $position = [Math]::Min($position, $all.Count - 1) }
        if ($position -lt $all.Count) { Get-Values $all[$position] $current '' }
    }
}
