# PowerShell completion for awsops. Made from the commands (`make completions`).
# Load it with: awsops completion show powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName 'awsops' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    Set-StrictMode -Off

    $nouns = [ordered]@{
        'completion' = 'Let the shell complete nouns, verbs, options and profiles when Tab is pressed.'
        'creds' = 'See which credentials are in use, where they come from and until when.'
        'history' = 'Read what awsops changed, when, where and as whom.'
        'plugin' = 'See which plugins there are, where they come from and whether they work.'
        'recipe' = 'Run runbooks: steps with checked parameters, a plan each, and checks in the end.'
        'sandbox' = 'Rehearse on an embedded AWS with three seeded accounts, with faults on request.'
        'sqs' = 'Look into SQS queues, send to them, and redrive dead-letter queues.'
    }
    $groups = [ordered]@{
        'targets' = @(
            @{ Names = @('--profile', '-p'); Help = 'Profile, glob or @group; may be repeated.'; Value = @{ Kind = 'profiles' } }
            @{ Names = @('--region', '-r'); Help = 'Region, or all; may be repeated.'; Value = @{ Kind = 'regions' } }
            @{ Names = @('--role'); Help = 'Role name or ARN to assume.'; Value = @{ Kind = 'text' } }
            @{ Names = @('--org'); Help = 'Every account of the organization.'; Value = $null }
            @{ Names = @('--targets'); Help = 'YAML file that lists targets.'; Value = @{ Kind = 'files' } }
            @{ Names = @('--endpoint-url'); Help = 'Send calls here.'; Value = @{ Kind = 'text' } }
        )
        'output' = @(
            @{ Names = @('--output', '-o'); Help = 'table, json, ndjson, yaml, csv or text; default: table on a terminal, else ndjson.'; Value = @{ Kind = 'choices'; Choices = @('table', 'json', 'ndjson', 'yaml', 'csv', 'text') } }
            @{ Names = @('--query'); Help = 'JMESPath over the rows.'; Value = @{ Kind = 'text' } }
            @{ Names = @('--fields'); Help = 'Only these columns.'; Value = @{ Kind = 'text' } }
            @{ Names = @('--color'); Help = 'auto, always or never.'; Value = @{ Kind = 'choices'; Choices = @('auto', 'always', 'never') } }
            @{ Names = @('--verbose', '-v'); Help = 'Log the calls to stderr.'; Value = $null }
        )
        'run' = @(
            @{ Names = @('--jobs', '-j'); Help = 'Targets at a time.'; Value = @{ Kind = 'text' } }
            @{ Names = @('--fail-fast'); Help = 'Stop at the first failed target.'; Value = $null }
            @{ Names = @('--timeout'); Help = 'Give up after this time.'; Value = @{ Kind = 'text' } }
        )
        'change' = @(
            @{ Names = @('--dry-run'); Help = 'Show the plan and change nothing.'; Value = $null }
            @{ Names = @('--yes', '-y'); Help = 'Apply the plan without asking.'; Value = $null }
        )
    }
    $verbs = @{
        'completion' = [ordered]@{
            'install' = @{
                Help = 'Write the completion script to where your shell looks for it; edits no file of yours.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'choices'; Choices = @('bash', 'fish', 'powershell', 'zsh') })
                LastRepeats = $false
                Flags = @(

                )
            }
            'show' = @{
                Help = 'Print the completion script of a shell, with the nouns of your own plugins.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'choices'; Choices = @('bash', 'fish', 'powershell', 'zsh') })
                LastRepeats = $false
                Flags = @(

                )
            }
        }
        'creds' = [ordered]@{
            'whoami' = @{
                Help = 'Show the account and identity behind each profile.'
                Groups = @('targets', 'output', 'run')
                Arguments = @()
                LastRepeats = $false
                Flags = @(

                )
            }
        }
        'history' = [ordered]@{
            'ls' = @{
                Help = 'List the runs that changed something, the newest first.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--since'); Help = 'Only runs begun since then: 2h, 7d, 2026-03-01.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--account'); Help = 'Only runs that changed this account.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--service'); Help = 'Only runs that called this service: sqs.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--limit', '-n'); Help = 'How many runs.'; Value = @{ Kind = 'text' } }
                )
            }
            'show' = @{
                Help = 'Show the calls of one run, or its changes.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--changes'); Help = 'What changed, before and after, in place of the calls.'; Value = $null }
                )
            }
            'verify' = @{
                Help = 'Check that no entry of the journal was edited or removed.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Flags = @(

                )
            }
        }
        'plugin' = [ordered]@{
            'ls' = @{
                Help = 'List every plugin, the broken ones with their error.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Flags = @(

                )
            }
        }
        'recipe' = [ordered]@{
            'check' = @{
                Help = 'Find every mistake in a recipe without running it.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--set'); Help = 'A parameter; may be repeated.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--params'); Help = 'YAML file of parameters, name: value.'; Value = @{ Kind = 'files' } }
                )
            }
            'ls' = @{
                Help = 'List the recipes that there are, the broken ones with their error.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Flags = @(

                )
            }
            'run' = @{
                Help = 'Run a recipe over the targets, each step planned and confirmed.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--set'); Help = 'A parameter; may be repeated.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--params'); Help = 'YAML file of parameters, name: value.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--steps'); Help = 'Give the steps as rows, not their results.'; Value = $null }
                )
            }
            'schema' = @{
                Help = 'Print the JSON Schema of recipes, for editors.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Flags = @(

                )
            }
            'show' = @{
                Help = 'Show a recipe''s parameters, steps and checks.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--source'); Help = 'Print the recipe''s text as it is.'; Value = $null }
                )
            }
        }
        'sandbox' = [ordered]@{
            'env' = @{
                Help = 'Print the shell commands that lead AWS tools to a sandbox and nowhere else.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(

                )
            }
            'seed' = @{
                Help = 'Put the queues and dead letters of the three accounts back to the start.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--messages', '-n'); Help = 'Dead letters in each account.'; Value = @{ Kind = 'text' } }
                )
            }
            'start' = @{
                Help = 'Start a sandbox, or show the one of that name that runs.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--chaos'); Help = 'Faults, such as throttle=0.1,error=0.02,latency=50ms,seed=7.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--empty'); Help = 'Start without seeded queues.'; Value = $null }
                    @{ Names = @('--port'); Help = 'Port on 127.0.0.1.'; Value = @{ Kind = 'text' } }
                )
            }
            'status' = @{
                Help = 'List the sandboxes that run.'
                Groups = @('output')
                Arguments = @()
                LastRepeats = $false
                Flags = @(

                )
            }
            'stop' = @{
                Help = 'Stop a sandbox; everything in it is gone.'
                Groups = @('output')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--all'); Help = 'Stop every sandbox.'; Value = $null }
                )
            }
        }
        'sqs' = [ordered]@{
            'cancel' = @{
                Help = 'Cancel the move task of a dead-letter queue; what it moved stays moved.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(

                )
            }
            'export' = @{
                Help = 'Copy messages into a file and leave all of them in the queue.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'text' }, @{ Kind = 'files' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--where'); Help = 'Only where this JMESPath over {body, attributes, system, age} is true.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--match'); Help = 'Only where this pattern is found in the body.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--since'); Help = 'Only those sent since: 2h, or a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--until'); Help = 'Only those sent before: 1h, or a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--raise-receive-count'); Help = 'Look even where each look counts towards the queue''s own maxReceiveCount and may push messages into its dead-letter queue.'; Value = $null }
                )
            }
            'import' = @{
                Help = 'Send the messages of a file to a queue.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'text' }, @{ Kind = 'files' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--lanes'); Help = 'Batches under way at a time.'; Value = @{ Kind = 'text' } }
                )
            }
            'ls' = @{
                Help = 'List queues with their depths and dead-letter wiring.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--dlq'); Help = 'Only queues that are somebody''s dead-letter queue.'; Value = $null }
                )
            }
            'moves' = @{
                Help = 'Show the last ten move tasks of a dead-letter queue.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(

                )
            }
            'peek' = @{
                Help = 'Show messages of a queue and give every one of them back at once.'
                Groups = @('targets', 'output', 'run')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--count', '-n'); Help = 'How many messages, at most.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--raise-receive-count'); Help = 'Look even where each look counts towards the queue''s own maxReceiveCount and may push messages into its dead-letter queue.'; Value = $null }
                )
            }
            'purge' = @{
                Help = 'Delete all messages of a queue, for good.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--confirm'); Help = 'The queue''s name, typed once more.'; Value = @{ Kind = 'text' } }
                )
            }
            'redrive' = @{
                Help = 'Move messages from a dead-letter queue back to where they came from.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--to'); Help = 'Where all go; default: each to its own source.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--where'); Help = 'Only where this JMESPath over {body, attributes, system, age} is true.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--match'); Help = 'Only where this pattern is found in the body.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--since'); Help = 'Only those sent since: 2h, or a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--until'); Help = 'Only those sent before: 1h, or a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--max'); Help = 'Move at most so many messages.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--rate'); Help = 'Move at most so many a second, like 50/s.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--backup'); Help = 'Append every message to this file before it is sent.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--engine'); Help = 'client moves them from here; aws has SQS move them, all and 500/s at most; auto is aws wherever that can do it.'; Value = @{ Kind = 'choices'; Choices = @('client', 'aws', 'auto') } }
                    @{ Names = @('--lanes'); Help = 'Batches under way at a time.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--visibility'); Help = 'Hide what is under way for so long; a killed run''s messages then return.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--resume'); Help = 'Go on with an interrupted run.'; Value = @{ Kind = 'text' } }
                )
            }
            'send' = @{
                Help = 'Send one message, attributes and all.'
                Groups = @('targets', 'output', 'run', 'change')
                Arguments = @(@{ Kind = 'text' }, @{ Kind = 'text' })
                LastRepeats = $false
                Flags = @(
                    @{ Names = @('--body-file'); Help = 'Read the body from a file, as it is.'; Value = @{ Kind = 'files' } }
                    @{ Names = @('--attribute'); Help = 'name=value, name:Number=5 or name:Binary=BASE64; repeatable.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--group-id'); Help = 'Message group; FIFO queues need one.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--dedup-id'); Help = 'Deduplication id, for FIFO queues.'; Value = @{ Kind = 'text' } }
                    @{ Names = @('--delay'); Help = 'Hide it at first, 0s to 15m; not for FIFO queues.'; Value = @{ Kind = 'text' } }
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

    function Get-Regions {
        'all'
        Read-Config $env:AWS_CONFIG_FILE 'config' | ForEach-Object {
            if ($_ -match '^region\s*=\s*([a-z0-9-]+)') { $Matches[1] }
        }
    }

    function Find-Flag($flags, $name) {
        $flags | Where-Object { $_.Names -ccontains $name } | Select-Object -First 1
    }

    # A word that is not plainly one is quoted when it is put in.
    function New-Result($word, $tip, $prefix, $type) {
        $put = "$prefix$word"
        if ($put -notmatch '^[\w./:=+-]+$') { $put = "'" + ($put -replace "'", "''") + "'" }
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

    function Get-Values($value, $typed, $prefix) {
        if ($value.Kind -eq 'files') { return Get-Files $typed $prefix }
        $found = switch ($value.Kind) {
            'choices' { $value.Choices }
            'profiles' { Get-Profiles }
            'regions' { Get-Regions }
        }
        $found | Where-Object { $_ -and $_.StartsWith($typed, 'Ordinal') } |
            Sort-Object -Unique -CaseSensitive |
            ForEach-Object { New-Result $_ '' $prefix 'ParameterValue' }
    }

    # The words before the cursor, and the one that it stands in.
    $typed = @()
    $current = ''
    foreach ($element in $commandAst.CommandElements) {
        $text = $element.Extent.Text -replace '^(["''])(.*?)\1?$', '$2'
        if ($element.Extent.EndOffset -lt $cursorPosition) { $typed += $text }
        elseif ($element.Extent.StartOffset -lt $cursorPosition) { $current = $text }
    }

    $flags = @($groups.Values | ForEach-Object { $_ })
    $noun = ''; $verb = ''; $waiting = $null; $ended = $false; $position = 0
    foreach ($word in @($typed | Select-Object -Skip 1)) {
        if ($waiting) { $waiting = $null }
        elseif (-not $ended -and $word -ceq '--') { $ended = $true }
        elseif (-not $ended -and $word -match '^-.') { $waiting = (Find-Flag $flags $word).Value }
        elseif (-not $noun) { $noun = $word }
        elseif (-not $verb) {
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
