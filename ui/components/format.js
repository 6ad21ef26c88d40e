// As format.py writes numbers and digits; NEARLY_CERTAIN, WHOLE_FROM and WHOLE_TO come from there.
const percent = (share) => (share > NEARLY_CERTAIN ? ">99.9%" : `${(100 * share).toFixed(1)}%`);

function roughPercent(share) {
  if (share < 1 - NEARLY_CERTAIN) return "<0.1%";
  return share >= WHOLE_FROM && share < WHOLE_TO ? `${(100 * share).toFixed(0)}%` : percent(share);
}

const inWords = (written) => written.replace(">", "more than ").replace("<", "less than ");
const withArticle = (digit) => `${Number(digit) === 8 ? "an" : "a"} ${digit}`;
