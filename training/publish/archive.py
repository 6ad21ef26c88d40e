"""Model archives that older versions of Keras open, too.

Keras writes every argument of every layer into an archive's `config.json`, those among them that came with its last
versions, and an older Keras refuses to load a layer with an argument that it does not know. Where such an argument has
its default value, the layer is the same without it.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

OLDEST_KERAS = "3.6"  # loads what `make_portable` returns: `python -m tests.old_keras` tries it
CONFIG_NAME = "config.json"
NEWER_ARGUMENTS = {  # unknown to `OLDEST_KERAS`, with the values that mean the same as leaving them out
    "input_axes": None,  # of initializers
    "output_axes": None,
    "renorm": False,  # of batch normalisation
    "renorm_clipping": None,
    "renorm_momentum": 0.99,
    "quantization_config": None,  # of dense layers and embeddings
}


def make_portable(archive: bytes) -> bytes:
    """Leave out of a `.keras` archive's configuration what only new versions of Keras know.

    Args:
        archive: the file's content.

    Returns:
        The same archive with a `config.json` that Keras from `OLDEST_KERAS` on reads; its weights are the same bytes.

    Raises:
        ValueError: the archive uses what older versions cannot do, or it is none.
    """
    content = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(content, "w") as new:
            for member in old.infolist():
                data = old.read(member)
                if member.filename == CONFIG_NAME:
                    data = json.dumps(_without_newer(json.loads(data))).encode()
                new.writestr(member, data)
    except zipfile.BadZipFile as error:
        raise ValueError("expected a .keras archive, got something that is no zip file") from error
    return content.getvalue()


def _without_newer(config: Any) -> Any:
    if isinstance(config, list):
        return [_without_newer(entry) for entry in config]
    if not isinstance(config, dict):
        return config
    used = {key: value for key, value in config.items() if value != NEWER_ARGUMENTS.get(key, value)}
    if used:
        raise ValueError(f"Keras {OLDEST_KERAS} does not know {used}, and leaving it out would change the network")
    return {key: _without_newer(value) for key, value in config.items() if key not in NEWER_ARGUMENTS}
