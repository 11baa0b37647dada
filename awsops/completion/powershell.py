"""The PowerShell script, for Windows PowerShell 5.1 and PowerShell 7."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from awsops.completion.grammar import HELP, VERSION, Flag, Grammar, Value, Verb


def render(grammar: Grammar) -> str:
    """The whole script."""
    groups = (
        f"{quoted(name)} = @(\n{_lines(_flags(flags), 12)}\n        )"
        for name, flags in grammar.groups.items()
    )
    nouns = (f"{quoted(noun.name)} = {quoted(noun.help)}" for noun in grammar.nouns)
    return (
        _SCRIPT.replace("@NOUNS@", _lines(nouns, 8))
        .replace("@GROUPS@", _lines(groups, 8))
        .replace("@VERBS@", _lines(_verbs(grammar), 8))
        .replace("@HELP@", "; ".join(_flags([HELP])))
        .replace("@VERSION@", "; ".join(_flags([VERSION])))
        .replace("@ALONE@", ", ".join(quoted(noun.name) for noun in grammar.nouns if noun.alone))
    )


def quoted(text: str) -> str:
    """A PowerShell string without expansion; curly quotes end one as straight ones do."""
    for quote in "'‘’‚‛":
        text = text.replace(quote, quote * 2)
    return f"'{text}'"


def _lines(items: Iterable[str], indent: int) -> str:
    return "\n".join(" " * indent + item for item in items)


def _array(items: Iterable[str]) -> str:
    return f"@({', '.join(quoted(item) for item in items)})"


def _flags(flags: Iterable[Flag]) -> Iterator[str]:
    for flag in flags:
        value = _value(flag.value) if flag.value is not None else "$null"
        names = _array(flag.names)
        yield f"@{{ Names = {names}; Help = {quoted(flag.help)}; Value = {value} }}"


def _value(value: Value) -> str:
    choices = f"; Choices = {_array(value.choices)}" if value.choices else ""
    return f"@{{ Kind = {quoted(value.kind)}{choices} }}"


def _verbs(grammar: Grammar) -> Iterator[str]:
    for noun in grammar.nouns:
        if not noun.verbs:
            continue
        verbs = "\n".join(_verb(verb) for verb in noun.verbs)
        yield f"{quoted(noun.name)} = [ordered]@{{\n{verbs}\n        }}"


def _verb(verb: Verb) -> str:
    flags = _lines(_flags(verb.flags), 20)
    positionals = ", ".join(_value(p.value) for p in verb.positionals)
    rest = "$true" if any(p.many for p in verb.positionals) else "$false"
    lines = [
        f"            {quoted(verb.name)} = @{{",
        f"                Help = {quoted(verb.help)}",
        f"                Groups = {_array(verb.groups)}",
        f"                Arguments = @({positionals})",
        f"                LastRepeats = {rest}",
        f"                Columns = {_array(verb.columns)}",
        f"                Flags = @(\n{flags}\n                )",
        "            }",
    ]
    return "\n".join(lines)


_SCRIPT = r"""# PowerShell completion for awsops. Made from the commands (`make completions`).
# Load it with: awsops completion show powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName 'awsops' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    Set-StrictMode -Off

    $nouns = [ordered]@{
@NOUNS@
    }
    $groups = [ordered]@{
@GROUPS@
    }
    $verbs = @{
@VERBS@
    }
    $help = @(@HELP@)
    $version = @(@VERSION@)

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
                if (@(@ALONE@) -cnotcontains $noun) { continue }
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
"""
