"""Programs that a step by hand gives to ``python3 -c`` as root, each one line. Pure.

A lesser user may own the folders on the way, and swap them for links once a step is printed. So the way is gone by
descriptors, and a link is followed only out of a folder where root alone writes.
"""

from __future__ import annotations

_REACH = (
    'import os,stat,sys; a=lambda t: [x for x in t.split("/") if x]; '
    "o=lambda x,f=None: os.open(x,os.O_PATH|os.O_DIRECTORY|os.O_NOFOLLOW,dir_fd=f); "
    "l=lambda f,x: stat.S_ISLNK(os.stat(x,dir_fd=f,follow_symlinks=False).st_mode); "
    's=lambda f: os.fstat(f).st_uid==0 and not os.fstat(f).st_mode&0o22 or sys.exit("others write where a link lies '
    'on the way"); '
    "w=lambda f,p: (f,p[0]) if len(p)<2 else w(o(p[0],f),p[1:]) if not l(f,p[0]) "
    'else s(f) and (t:=os.readlink(p[0],dir_fd=f)) and w(o("/") if t[0]=="/" else f,a(t)+p[1:]); '
    'f,n=w(o("/"),a(sys.argv[1])); '
)
"""Holds the folder of the path that is its first argument as ``f``, and the name in it as ``n``."""
REMOVE = f"{_REACH}os.unlink(n,dir_fd=f)"
UNLEND = (
    f'{_REACH}p="/proc/self/fd/%d"%os.open(n,os.O_PATH|os.O_NOFOLLOW,dir_fd=f); m=os.stat(p).st_mode; '
    'stat.S_ISREG(m) or sys.exit("no file"); os.chmod(p,m&0o1777); '
    '[os.removexattr(p,x) for x in os.listxattr(p) if x=="security.capability"]'
)
"""Has a regular file lend nobody its owner's or group's rights, and no capabilities."""
LINES_OUT = (
    r'import hashlib,re,sys; p,m,*d=sys.argv[1:]; m=m.encode()+b" "; f=open(p,"r+b"); '
    r'a=re.split(rb"(?<!\\)\n",f.read()); '
    r"h=lambda l: hashlib.sha256(l.strip()).hexdigest()[:12] in d; "
    r'b=[m+l.replace(b"\n",b"\n"+m) if h(l.replace(b"\\\n",b" ")) else l for l in a]; f.seek(0); '
    r'f.write(b"\n".join(b)); '
    r'sys.exit(not any(l.startswith(m) and h(l[len(m):].replace(b"\\\n"+m,b" ")) for l in b))'
)
"""Makes comments of the lines whose digests are given, with what goes on behind a backslash.

Ends with 1 where they are in the file neither so nor so.

By one descriptor, and of what a link leads to these very lines alone are put out of force; what is written is never
shorter than what was read.
"""
