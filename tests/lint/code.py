#!/usr/bin/env python3
"""code.py - what no compiler finds: banned calls, printing outside the report, a library's names outside its
room, functions over 60 lines; a word of the settings, or a protocol, that the documentation doesn't have."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LONGEST = 60

# what, why, and the rooms or files of src/ in which it is allowed
BANNED = [
    (r'\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets)\s*\(', 'a banned call', []),
    (r'\b(getpwnam|getpwuid|getgrnam|localtime|gmtime|ctime|asctime|readdir_r|setenv|putenv)\s*\(',
     'not safe among threads', []),
    (r'\bgetaddrinfo\s*\(', 'it has no deadline', ['base/resolve.c', 'dns/ask.c']),
    (r'\b(printf|vprintf|puts|putchar|perror)\s*\(|\bstd(out|err)\b', 'only a sink prints',
     ['report', 'base/alloc.c']),
    (r'\bcurl[_.]\w+\s*\(', "libcurl is http's", ['http']),
    (r'\b(SSL|SSL_CTX|TLS)_\w+\s*\(', "TLS is probe's", ['probe']),
    (r'\blibssh2_\w+\s*\(', "libssh2 is ssh's", ['ssh']),
    (r'\byaml_(parser|event|token|document|node)_\w+\s*\(', "libyaml is conf's", ['conf']),
    (r'\bldns_\w+\s*\(', "ldns is dns's", ['dns']),
    (r'\b(ub_|unbound\.)\w+\s*\(', "libunbound is the validator's", ['dns/validator.c']),
    (r'\bcJSON_\w+\s*\(', 'cJSON is not for this room', ['report', 'store', 'acme', 'dns', 'plan/planned_json.c']),
]


# where each word of these tables must stand
DOCUMENTED = {'settings': 'docs/settings.md', 'inventory_connection': 'docs/inventory-and-playbooks.md',
              'service': 'docs/inventory-and-playbooks.md'}


def bare(text):
    """The code alone, in as many lines."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def blank(m):
        return re.sub(r'[^\n]', ' ', m.group()) if m.group()[0] == '/' else '""'
    return re.sub(pattern, blank, text, flags=re.S)


def allowed(path, places):
    where = path.relative_to(ROOT / 'src').as_posix()
    return any(where == p or where.startswith(p + '/') for p in places)


def banned(path, lines):
    for pattern, why, places in BANNED:
        if not allowed(path, places):
            for number, line in enumerate(lines, 1):
                found = re.search(pattern, line)
                if found:
                    yield number, f'{found.group().rstrip(" (")}: {why}'


def too_long(lines):
    """Of a table in a function, only the first line counts."""
    start = table = None
    for number, line in enumerate(lines, 1):
        if line == '{':
            start, rows = number, 0
        elif line == '}' and start:
            length = number - start - 1 - rows
            if length > LONGEST:
                yield start, f'a function of {length} lines: {LONGEST} is the most'
            start = None
        elif start and not table and re.fullmatch(r'\t(.*\bconst\b.*|} \w+\[\]) = \{', line):
            table = number
        elif table and line == '\t};':
            rows, table = rows + number - table, None


def undocumented():
    for stem, name in DOCUMENTED.items():
        words = set(re.findall(r'\w+', (ROOT / name).read_text()))
        for path in sorted((ROOT / 'src/conf').glob(stem + '*.c')):
            for number, line in enumerate(path.read_text().split('\n'), 1):
                row = re.match(r'\t+\{ (?:\{ )?((?:"\w+"(?:, )?)+)', line)
                for word in re.findall(r'\w+', row.group(1)) if row else ():
                    if word not in words:
                        yield f'{path.relative_to(ROOT)}:{number}: {word} is not in {name}'


def unlisted():
    """Protocols that the man page, or the table with the ports, lacks."""
    table = [line.split('|') for line in (ROOT / 'docs/inventory-and-playbooks.md').read_text().split('\n') if line.startswith('| `')]
    manual = re.findall(r'[\w-]+', (ROOT / 'docs/certpush.1').read_text().replace('\\-', '-'))
    for name, port in re.findall(r'\{ "([\w-]+)", "[A-Z0-9-]+",\s+(\d+)', (ROOT / 'src/probe/dialect.c').read_text()):
        ports = [row[2] for row in table if len(row) > 3 and f'`{name}`' in row[1]]
        if not any(port in re.findall(r'\d+', p) or port == '0' for p in ports):
            yield f'{name}, with port {port}, is not in docs/inventory-and-playbooks.md'
        if name not in manual:
            yield f'{name} is not in docs/certpush.1'


def main():
    wrong = 0
    files = sorted(p for d in ('src', 'tests') for p in (ROOT / d).rglob('*.[ch]'))
    if len(files) < 100:
        sys.exit(f'code.py: only {len(files)} files found')
    for path in files:
        lines = bare(path.read_text()).split('\n')
        finds = list(too_long(lines))
        if path.is_relative_to(ROOT / 'src'):
            finds += banned(path, lines)
        for number, what in sorted(finds):
            print(f'{path.relative_to(ROOT)}:{number}: {what}')
            wrong += 1
    for what in [*undocumented(), *unlisted()]:
        print(what)
        wrong += 1
    sys.exit(1 if wrong else 0)


main()
