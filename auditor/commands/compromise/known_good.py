"""``auditor known-good``: releases whose files are known to be good where they lie."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from auditor.commands.output import console
from auditor.commands.output.hunts import build_known_good_releases_table
from auditor.commands.verbs.compromise import (
    KnownGoodExportOptions,
    KnownGoodImportOptions,
    KnownGoodListOptions,
    KnownGoodRemoveOptions,
    KnownGoodUpdateOptions,
)
from auditor.compromise.known_good import archives, manifest_file, mirror
from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.errors import InputError
from auditor.history.known_good import KnownGoodStore
from auditor.system import files
from auditor.text.translations import Words


def import_releases_as_known_good(options: KnownGoodImportOptions) -> None:
    """Run ``auditor known-good import``."""
    if len(options.files) > 1 and (options.name or options.version):
        raise InputError("--name and --version require a single file", mend="import the files one by one")
    manifests = []
    for file in options.files:
        if file.is_dir():
            if not (options.trust_on_first_use and options.reason.strip() and options.approver.strip()):
                raise InputError(
                    "{path} is a folder, and nobody has confirmed that it can be trusted",
                    path=file,
                    mend="use its release archive, or --trust-on-first-use with --reason and --approver",
                )
            manifests.append(
                archives.build_manifest_of_trusted_folder(
                    file, options.name, options.version, options.reason.strip()[:500], options.approver.strip()[:200]
                )
            )
        else:
            manifests.append(archives.read_release_manifest(file, options.name, options.version))
    KnownGoodStore().put(tuple(manifests))
    words = Words(options.lang)
    for manifest in manifests:
        console.out.print(
            words("known_good.imported", name=manifest.name, version=manifest.version, n=len(manifest.entries)),
            markup=False,
        )


def update_releases_from_mirror(options: KnownGoodUpdateOptions) -> None:
    """Run ``auditor known-good update``."""
    store = KnownGoodStore()
    difference = mirror.compare_mirror_with_known_good(options.folder, store.load_manifests())
    if difference.new or difference.moved:
        store.put((*difference.new, *difference.moved))
    if options.as_json:
        typer.echo(json.dumps(_build_json_of_difference(difference), ensure_ascii=False, indent=1))
    else:
        _show_difference(difference, Words(options.lang))
    if difference.unreadable:
        first, *others = difference.unreadable
        first.others = tuple(others)
        raise first
    if difference.changed:
        raise typer.Exit(1)


def _show_difference(difference: mirror.MirrorDifference, words: Words) -> None:
    for manifest in difference.new:
        console.out.print(
            words("known_good.imported", name=manifest.name, version=manifest.version, n=len(manifest.entries)),
            markup=False,
        )
    for changed in difference.changed:
        name, version = changed.manifest.name, changed.manifest.version
        console.out.print(
            words("known_good.changed", file=changed.file, name=name, version=version), markup=False, soft_wrap=True
        )
    for manifest in difference.gone:
        console.out.print(
            words("known_good.gone", name=manifest.name, version=manifest.version), markup=False, soft_wrap=True
        )
    console.out.print(
        words("known_good.updated", new=len(difference.new), same=difference.unchanged_count), markup=False
    )


def _build_json_of_difference(difference: mirror.MirrorDifference) -> dict[str, object]:
    return {
        "new": [_build_json_of_release(manifest) for manifest in difference.new],
        "unchanged": difference.unchanged_count,
        "changed": [
            {**_build_json_of_release(changed.manifest), "file": str(changed.file)} for changed in difference.changed
        ],
        "gone": [_build_json_of_release(manifest) for manifest in difference.gone],
        "unreadable": [error.build_json_data() for error in difference.unreadable],
    }


def _build_json_of_release(manifest: ReleaseManifest) -> dict[str, object]:
    return {"name": manifest.name, "version": manifest.version, "files": len(manifest.entries)}


def list_known_good_releases(options: KnownGoodListOptions) -> None:
    """Run ``auditor known-good list``."""
    releases = KnownGoodStore().list_manifests()
    if options.as_json:
        typer.echo(json.dumps([asdict(release) for release in releases], ensure_ascii=False, indent=1))
    elif releases:
        console.out.print(build_known_good_releases_table(releases, Words(options.lang)))
    else:
        console.out.print(Words(options.lang)("known_good.none"))


def remove_known_good_release(options: KnownGoodRemoveOptions) -> None:
    """Run ``auditor known-good remove``."""
    KnownGoodStore().remove(options.name, options.version)
    console.out.print(
        Words(options.lang)("known_good.removed", name=options.name, version=options.version), markup=False
    )


def export_manifest_of_known_good_release(options: KnownGoodExportOptions) -> None:
    """Run ``auditor known-good export``."""
    manifests_by_release = {
        (manifest.name, manifest.version): manifest for manifest in KnownGoodStore().load_manifests()
    }
    release_manifest = manifests_by_release.get((options.name, options.version))
    if release_manifest is None:
        raise InputError(
            "there is no manifest of {name} {version}",
            name=options.name,
            version=options.version,
            mend="see 'auditor known-good list'",
        )
    files.write_file_atomically(options.file, [manifest_file.dump_manifest_as_json(release_manifest)])
    console.out.print(
        Words(options.lang)("known_good.exported", name=options.name, version=options.version, file=options.file),
        markup=False,
    )
