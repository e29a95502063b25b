"""``auditor known-good``: releases whose files are known to be good where they lie."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options.common import DEFAULT_LANG, JsonOption, LangOption
from auditor.errors import InputError

app = typer.Typer(
    help="Known-good releases: import, list, remove, export.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("import")
def import_releases_as_known_good(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES",
            help="Release archives (zip, tar, .deb), exports, WordPress checksums (JSON), or a trusted folder.",
        ),
    ],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Name of the release; default: from the file name.")
    ] = "",
    version: Annotated[
        str, typer.Option("--version", metavar="VERSION", help="Version of the release; default: from the file name.")
    ] = "",
    trust_on_first_use: Annotated[
        bool, typer.Option("--trust-on-first-use", help="Trust the current content of a folder on this machine.")
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why the folder is trusted, in one sentence.")
    ] = "",
    approver: Annotated[
        str, typer.Option("--approver", metavar="ROLE", help="Office role that decided, never a person's name.")
    ] = "",
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Import releases as known good: all given files, or none.

    Nothing is unpacked to disk. A file of a release counts as known good only at its location in the release.

    Example:
      auditor known-good import wordpress-6.8.2.zip plugin.1.2.zip

      auditor known-good import portal/ --trust-on-first-use --name portal --reason "Bản bàn giao" --approver "Văn phòng"

    """  # noqa: E501  an example of a command stays on one line
    from auditor.commands.output import console
    from auditor.compromise.known_good import archives
    from auditor.history.known_good import KnownGoodStore
    from auditor.text.translations import Words

    if len(files) > 1 and (name or version):
        raise InputError("--name and --version require a single file", mend="import the files one by one")
    manifests = []
    for file in files:
        if file.is_dir():
            if not (trust_on_first_use and reason.strip() and approver.strip()):
                raise InputError(
                    "{path} is a folder, and nobody has confirmed that it can be trusted",
                    path=file,
                    mend="use its release archive, or --trust-on-first-use with --reason and --approver",
                )
            manifests.append(
                archives.build_manifest_of_trusted_folder(
                    file, name, version, reason.strip()[:500], approver.strip()[:200]
                )
            )
        else:
            manifests.append(archives.read_release_manifest(file, name, version))
    KnownGoodStore().put(tuple(manifests))
    words = Words(lang)
    for manifest in manifests:
        console.out.print(
            words("known_good.imported", name=manifest.name, version=manifest.version, n=len(manifest.entries)),
            markup=False,
        )


@app.command("list")
def list_known_good_releases(as_json: JsonOption = False, lang: LangOption = DEFAULT_LANG) -> None:
    """List the known-good releases and the source of each one.

    Example:
      auditor known-good list

    """
    from auditor.commands.output import console
    from auditor.commands.output.hunts import build_known_good_releases_table
    from auditor.history.known_good import KnownGoodStore
    from auditor.text.translations import Words

    releases = KnownGoodStore().list_manifests()
    if as_json:
        typer.echo(json.dumps([asdict(release) for release in releases], ensure_ascii=False, indent=1))
    elif releases:
        console.out.print(build_known_good_releases_table(releases, Words(lang)))
    else:
        console.out.print(Words(lang)("known_good.none"))


@app.command("remove")
def remove_known_good_release(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the release, as listed.")],
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="Version of the release; default: from the file name.")
    ],
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Remove a release from the known-good list.

    Example:
      auditor known-good remove wordpress 6.8.1

    """
    from auditor.commands.output import console
    from auditor.history.known_good import KnownGoodStore
    from auditor.text.translations import Words

    KnownGoodStore().remove(name, version)
    console.out.print(Words(lang)("known_good.removed", name=name, version=version), markup=False)


@app.command("export")
def export_manifest_of_known_good_release(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the release, as listed.")],
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="Version of the release; default: from the file name.")
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Output file: JSON that 'import' can read.")],
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Export the manifest of a release for another controller.

    Example:
      auditor known-good export wordpress 6.8.2 wordpress.json

    """
    from auditor.commands.output import console
    from auditor.compromise.known_good import manifest_file
    from auditor.history.known_good import KnownGoodStore
    from auditor.system import files
    from auditor.text.translations import Words

    manifests_by_release = {
        (manifest.name, manifest.version): manifest for manifest in KnownGoodStore().load_manifests()
    }
    release_manifest = manifests_by_release.get((name, version))
    if release_manifest is None:
        raise InputError(
            "there is no manifest of {name} {version}", name=name, version=version, mend="see 'auditor known-good list'"
        )
    files.write_file_atomically(file, [manifest_file.dump_manifest_as_json(release_manifest)])
    console.out.print(Words(lang)("known_good.exported", name=name, version=version, file=file), markup=False)
