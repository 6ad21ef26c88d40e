"""The shipped networks in the oldest Keras that is to open them: `python -m tests.old_keras [PYTHON]`.

There `keras.saving.load_model("hf://...")`, as the model cards teach it, asks a Hub on loopback for each network that
the manifest names, and the two classifiers' answers to the probe frames must be the manifest's. PYTHON is one of an
environment that holds `PACKAGES`; without it one is made for the purpose, which takes minutes and the network.
"""

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

import numpy as np

from digit_core.models.ensemble import PROBE_TOLERANCE, probe_frames
from digit_core.models.manifest import MODELS_DIR, NETWORKS, read_manifest
from tests.support.hub_server import HubServer
from training.publish.archive import OLDEST_KERAS

PACKAGES = (f"keras=={OLDEST_KERAS}.0", "tensorflow-cpu==2.18.0", "huggingface_hub==2.4.0")
LOAD = """
import sys
import keras
import numpy as np

repo, frames, answers = sys.argv[1:]
network = keras.saving.load_model(f"hf://{repo}")
if network.input_shape[1:] == np.load(frames).shape[1:]:
    np.save(answers, np.asarray(network(np.load(frames))))
print(f"Keras {keras.__version__} loaded {repo}: {network.count_params():,} parameters")
"""


def environment(folder):
    """Make a virtual environment with `PACKAGES`, and return its Python."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def main():
    with tempfile.TemporaryDirectory() as temporary, HubServer() as hub:
        folder = Path(temporary)
        python = Path(sys.argv[1]) if len(sys.argv) > 1 else environment(folder / "venv")
        np.save(folder / "frames.npy", probe_frames()[..., None])
        for name, entry in read_manifest().networks.items():
            with zipfile.ZipFile(MODELS_DIR / name / "model.keras") as archive:
                files = {member: archive.read(member) for member in archive.namelist()}
            hub.publish(f"tester/{name}", files)
            settings = {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(folder), "HF_HUB_DISABLE_XET": "1", "PATH": ""}
            subprocess.run(
                [python, "-c", LOAD, f"tester/{name}", folder / "frames.npy", folder / "answers.npy"],
                env=settings | {"KERAS_HOME": str(folder), "TF_CPP_MIN_LOG_LEVEL": "3"},
                check=True,
            )
            if name in NETWORKS:
                answers = np.load(folder / "answers.npy")
                np.testing.assert_allclose(answers, np.array(entry.probe), rtol=0.01, atol=PROBE_TOLERANCE)
                print(f"{name} answers the probe frames as the manifest says")


if __name__ == "__main__":
    main()
