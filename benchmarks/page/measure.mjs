/** Lighthouse, as for a desk, of the address in the second argument, in the Chromium that listens at the port in the first. */
import lighthouse, { desktopConfig } from "lighthouse";

const [port, address] = process.argv.slice(2);
const options = { port: Number(port), output: "json", logLevel: "error", onlyCategories: ["performance", "accessibility", "best-practices"] };
// Each starts without a cache; cookies and what the page remembers stay, and with them the session.
const { lhr } = await lighthouse(address, options, desktopConfig);
if (lhr.finalDisplayedUrl !== address) throw new Error(`${address} led to ${lhr.finalDisplayedUrl}`);
const score = (name) => lhr.categories[name].score;
const value = (name) => lhr.audits[name].numericValue;
console.log(
  JSON.stringify({
    performance: score("performance"),
    accessibility: score("accessibility"),
    best_practices: score("best-practices"),
    first_contentful_paint_ms: value("first-contentful-paint"),
    largest_contentful_paint_ms: value("largest-contentful-paint"),
    total_blocking_ms: value("total-blocking-time"),
    layout_shift: value("cumulative-layout-shift"),
    bytes: value("total-byte-weight"),
  }),
);
