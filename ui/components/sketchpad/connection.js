// The way to the server: what is sent and when, and what happens while nobody answers. Gradio loads the page again after
// a request that failed, as soon as the server is back: the drawing is laid by for that moment, and sent once more.
const ANSWER_WITHIN_MS = 4000; // when an answer takes longer, the page looks whether the server is there at all
const LOOK_EVERY_MS = 1500; // while the server is away
const ASK_AGAIN_AFTER_MS = 2000; // after a drawing was put off, and so seldom until one is read: so are more people's
const GATEWAY_ERRORS = [0, 502, 503, 504]; // statuses of a request that did not reach the app: 0 is no answer at all
const AWAITING_ANSWER = "drawing-awaiting-answer"; // in the tab's session storage, over one reload
const LOST = "The server does not answer. Your drawing waits for it here.";

function createConnection(pad, note) {
  let sequence = 0; // counts what was sent
  let answered = 0; // the latest drawing that has an answer
  let timer = 0;
  let lastSent = 0;
  let answerTimer = 0;
  let crowded = false; // the latest answer was that the drawing is put off
  let lost = false; // the server cannot be reached

  // Tells the other components what stands on the paper; they drop whatever was asked before it became blank.
  function announce(blank) {
    send("drawing-changed", pad.snapshot({ sequence, blank }));
  }

  function sendDrawing() {
    pad.showEarlier(null);
    clearTimeout(timer);
    timer = 0;
    lastSent = performance.now();
    sequence += 1;
    find("canvas").dataset.sequence = sequence;
    const blank = pad.isBlank();
    find(".sheet").classList.toggle("blank", blank);
    announce(blank);
    if (lost) return; // it is sent when the connection is back
    clearTimeout(answerTimer);
    answerTimer = setTimeout(look, ANSWER_WITHIN_MS);
    props.value = { sequence, picture: blank ? "" : pad.toUrl(), by_page: pad.isByPage() };
  }

  // While the pen moves a few drawings may be on their way at once: over a slow line answers still come steadily, and a
  // slow server is not buried. What ends a stroke is sent whatever is on its way.
  function sendSoon() {
    clearTimeout(timer);
    const often = crowded ? ASK_AGAIN_AFTER_MS : props.live_every_ms;
    const wait = sequence - answered < props.max_unanswered ? often : ANSWER_WITHIN_MS;
    timer = setTimeout(sendDrawing, Math.max(0, wait - (performance.now() - lastSent)));
  }

  function confirm(answer) {
    if (answer.sequence > answered) crowded = answer.put_off;
    answered = Math.max(answered, answer.sequence);
    if (answered === sequence) clearTimeout(answerTimer);
    if (timer)
      sendSoon(); // what waited for an answer may go now
    else if (answer.put_off && answer.sequence === sequence) timer = setTimeout(sendDrawing, ASK_AGAIN_AFTER_MS);
  }

  function lose() {
    if (lost) return;
    lost = true;
    note.textContent = LOST;
    setTimeout(look, LOOK_EVERY_MS);
  }

  async function look() {
    try {
      const { root: address, api_prefix: prefix } = window.gradio_config;
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS); // a server that hangs does not answer either
      const response = await fetch(`${address}${prefix}/app_id`, { cache: "no-store", signal });
      if (!response.ok) throw new Error(response.status);
    } catch {
      if (lost) setTimeout(look, LOOK_EVERY_MS);
      else lose();
      return;
    }
    const again = lost || answered < sequence;
    lost = false;
    if (note.textContent === LOST) note.textContent = "";
    if (!again) return;
    sendDrawing();
    clearTimeout(answerTimer); // once more is enough: what fails again fails for another reason
  }

  function layBy() {
    if (!pad.strokes.length || !(lost || answered < sequence)) return;
    try {
      sessionStorage.setItem(AWAITING_ANSWER, JSON.stringify({ width: pad.width, strokes: pad.strokes }));
    } catch {
      // a browser that keeps nothing for a page in a frame
    }
  }

  // Returns the drawing that was laid by when this page was loaded again: { width, strokes }, or null.
  function takeUp() {
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(AWAITING_ANSWER));
      sessionStorage.removeItem(AWAITING_ANSWER);
    } catch {
      // as above
    }
    return performance.getEntriesByType("navigation")[0]?.type === "reload" ? kept : null;
  }

  listen("answer-received", ({ answer }) => confirm(answer));
  window.addEventListener("offline", lose);
  window.addEventListener("online", () => lost && look());
  window.addEventListener("pagehide", layBy);
  new PerformanceObserver((requests) => {
    const failed = ({ name, responseStatus }) =>
      name.includes("/gradio_api/run/") && GATEWAY_ERRORS.includes(responseStatus);
    if (requests.getEntries().some(failed)) lose();
  }).observe({ type: "resource" });

  return {
    get isLost() {
      return lost;
    },
    announce,
    send: sendDrawing,
    sendSoon,
    takeUp,
  };
}
