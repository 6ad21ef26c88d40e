// What the script of every component of our own begins with; `element` comes from gr.HTML, NEARLY_CERTAIN from base.py.
const find = (selector) => element.querySelector(selector);
const percent = (probability) => (probability > NEARLY_CERTAIN ? ">99.9%" : `${(100 * probability).toFixed(1)}%`);
