// The files as ipx has sharp make them: one pipeline from the original's bytes, upright.
const fs = require("node:fs");
const readline = require("node:readline");
const sharp = require("sharp");

const QUALITY = 80;

function encoded(pipeline, format, settings) {
  if (format === "webp") return pipeline.webp({ quality: QUALITY, effort: 4 });
  // What ipx 3.1 asks for; sharp computes the Huffman tables by itself then.
  if (settings === "own") return pipeline.jpeg({ quality: QUALITY, progressive: true });
  return pipeline.jpeg({ quality: QUALITY, progressive: false, optimiseCoding: false, chromaSubsampling: "4:2:0" });
}

async function job({ source, width, height, format, settings }) {
  const pipeline = sharp(await fs.promises.readFile(source)).rotate().resize({ width, height, fit: "cover" });
  return (await encoded(pipeline, format, settings).toBuffer()).length;
}

function kibibytes(key) {
  return Number(fs.readFileSync("/proc/self/status", "ascii").split(`${key}:`)[1].trim().split(/\s/)[0]);
}

async function main() {
  // Each job decodes anew, as the others do.
  sharp.cache(false);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const task = JSON.parse(line);
    fs.writeFileSync("/proc/self/clear_refs", "5");
    const [idle, before, started] = [kibibytes("VmRSS"), process.cpuUsage(), process.hrtime.bigint()];
    const bytes = await job(task);
    const [used, wall] = [process.cpuUsage(before), Number(process.hrtime.bigint() - started) / 1e6];
    const peak = (kibibytes("VmHWM") - idle) / 1024;
    console.log(JSON.stringify({ cpu_ms: (used.user + used.system) / 1000, wall_ms: wall, peak_mib: peak, bytes }));
  }
}

main();
