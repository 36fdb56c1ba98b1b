// What is asked of the kernel, and what is said when it does not answer. A view is recorded there; everything else works without it.

const PATIENCE = 4000; // milliseconds until a recording that was asked for is answered, or said not to be

// `say` and `warn` show a text: that nobody answers, and what went wrong there. Answers to other views of the same panel are not ours.
export function askKernel(model, ui, serial, say, warn, clock = globalThis) {
  let asked = 0, waiting = null;
  const stop = () => {
    if (waiting !== null) clock.clearTimeout(waiting);
    waiting = null;
  };
  const lost = () => {
    stop();
    say(ui.lost ?? "");
  };

  function record(state) {
    stop();
    asked += 1;
    if (!sent(model, { kind: "record", state, ask: `${serial}-${asked}` })) return lost();
    waiting = clock.setTimeout(lost, PATIENCE);
  }

  function hear(message) {
    if (message?.recorded !== `${serial}-${asked}`) return;
    stop();
    say("");
    if (message.error) warn(message.error);
  }
  return { record, hear, lost, stop };
}

// Whether a message left: a front end whose kernel is gone may refuse it.
function sent(model, message) {
  try {
    model.send(message);
    return true;
  } catch {
    return false;
  }
}

// Saves what was chosen; where that is refused it stays in the browser, and a recording brings it along.
function saved(model) {
  try {
    model.save_changes();
    return true;
  } catch {
    return false;
  }
}
