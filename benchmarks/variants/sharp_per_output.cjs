// The variants as sharp's documentation makes them: one pipeline from the file for each output, with its default settings.
const fs = require("node:fs");
const sharp = require("sharp");

const WIDTHS = [160, 320, 640, 1280, 1920];
const QUALITY = 80;

async function job(path) {
  let size = 0;
  for (const width of WIDTHS) {
    size += (await sharp(path).resize(width).webp({ quality: QUALITY }).toBuffer()).length;
    size += (await sharp(path).resize(width).jpeg({ quality: QUALITY }).toBuffer()).length;
  }
  return size;
}

function kibibytes(key) {
  return Number(fs.readFileSync("/proc/self/status", "ascii").split(`${key}:`)[1].trim().split(/\s/)[0]);
}

async function main() {
  const [path, repeats] = [process.argv[2], Number(process.argv[3])];
  // Each job reads the file anew, as the others do.
  sharp.cache(false);
  fs.writeFileSync("/proc/self/clear_refs", "5");
  const idle = kibibytes("VmRSS");
  const size = await job(path);
  const peak = kibibytes("VmHWM") - idle;
  const before = process.cpuUsage();
  const started = process.hrtime.bigint();
  for (let count = 0; count < repeats; count += 1) await job(path);
  const used = process.cpuUsage(before);
  const wall = Number(process.hrtime.bigint() - started) / 1e9 / repeats;
  console.log(JSON.stringify({ cpu_seconds: (used.user + used.system) / 1e6 / repeats, wall_seconds: wall, peak_mib: peak / 1024, bytes: size }));
}

main();
