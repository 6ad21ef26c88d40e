// Takes a picture that is dropped, chosen, pasted or photographed, and uploads it.
const drop = find(".drop");
const input = find("input");
const camera = find(".camera");
const live = find(".live");
const video = find("video");
const shoot = find(".shoot");

const NO_CAMERA = {
  NotAllowedError: "The camera was not allowed. Allow it for this page in the browser, or choose a picture.",
  NotFoundError: "No camera was found. Choose a picture instead.",
  NotReadableError: "The camera is in use by another program. Close that, or choose a picture.",
  InsecureContext: "This browser gives a camera only to pages with https. Choose a picture instead.",
};
let latest = null; // the file chosen last: an earlier one that arrives late is dropped
let stream = null; // the camera's, while it is open

function say(sentence) {
  find(".state").textContent = sentence; // names reach the page as text only, never as a template
}

async function take(files) {
  const [file] = files;
  if (!file) return;
  latest = file;
  say(`Sending ${file.name} …`);
  try {
    const { path, url } = await upload(file);
    if (file !== latest) return;
    const others =
      files.length > 1 ? `: the first of ${files.length}. “Many pictures at once” below reads them all.` : "";
    say(file.name + others);
    props.value = {
      path,
      url,
      orig_name: file.name,
      size: file.size,
      mime_type: file.type,
      meta: { _type: "gradio.FileData" },
    };
  } catch (error) {
    if (file === latest) say(refusalIn(error.message) || likeliestCause(file));
  }
}

function likeliestCause({ size }) {
  const largest = props.largest_upload_mb;
  if (size > largest * 2 ** 20) return `This picture could not be sent: it is larger than ${largest} MB.`;
  return "This picture could not be sent: the connection broke, or the server failed. Please try again.";
}

function paste(event) {
  if (!element.clientHeight) return; // another tab is open
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length) {
    event.preventDefault();
    take(files);
  } else if (!event.target.closest?.("input, textarea, [contenteditable]")) {
    say("There is no picture in the clipboard.");
  }
}

// Where a page may not see the camera itself, a phone's own camera program can still hand over a picture.
function askThePhone() {
  const own = document.createElement("input");
  own.type = "file";
  own.accept = "image/*";
  own.setAttribute("capture", "environment");
  own.addEventListener("change", () => take([...own.files]));
  own.click();
}

async function openCamera() {
  if (!navigator.mediaDevices?.getUserMedia) {
    if (matchMedia("(pointer: coarse)").matches) askThePhone();
    else say(NO_CAMERA.InsecureContext);
    return;
  }
  camera.disabled = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 1280 } },
    });
  } catch (error) {
    camera.disabled = false;
    say(NO_CAMERA[error.name] ?? "The camera could not be started. Choose a picture instead.");
    return;
  }
  stream.getVideoTracks()[0].addEventListener("ended", () => closeCamera("The camera was disconnected."));
  video.srcObject = stream;
  shoot.disabled = true; // until there is something to see
  live.hidden = false;
  camera.hidden = true;
  say("");
  shoot.focus();
  if (element.clientHeight && !document.hidden)
    video.play().catch(() => {}); // closing before it plays is no fault
  else closeCamera(); // somebody looked elsewhere while the browser asked
}

function closeCamera(sentence = "") {
  if (!stream) return;
  for (const track of stream.getTracks()) track.stop();
  stream = video.srcObject = null;
  live.hidden = true;
  camera.hidden = camera.disabled = false;
  if (element.clientHeight) camera.focus();
  say(sentence);
}

function takePicture() {
  const still = document.createElement("canvas");
  still.width = video.videoWidth;
  still.height = video.videoHeight;
  still.getContext("2d").drawImage(video, 0, 0);
  closeCamera();
  still.toBlob((jpeg) => take([new File([jpeg], "camera.jpg", { type: jpeg.type })]), "image/jpeg", 0.95);
}

input.addEventListener("change", () => {
  take([...input.files]);
  input.value = ""; // so that the same file can be chosen again
});
drop.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  take([...event.dataTransfer.files]);
});
document.addEventListener("paste", paste);
camera.addEventListener("click", openCamera);
shoot.addEventListener("click", takePicture);
find(".close").addEventListener("click", () => closeCamera());
video.addEventListener("loadeddata", () => (shoot.disabled = false));

// Nobody is filmed unseen: another tab of the page or of the browser closes the camera.
new ResizeObserver(() => element.clientHeight || closeCamera()).observe(element);
document.addEventListener("visibilitychange", () => document.hidden && closeCamera());

if (/Mac|iPhone|iPad/.test(navigator.platform)) find("kbd").textContent = "⌘V";
