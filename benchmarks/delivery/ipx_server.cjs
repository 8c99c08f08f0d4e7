// ipx as its documentation has it for a Node server, in as many processes as are asked for:
// node ipx_server.cjs <port> <processes> <folder of the pictures>
const cluster = require("node:cluster");
const http = require("node:http");
const { createIPX, createIPXNodeServer, ipxFSStorage } = require("ipx");

const [port, processes, folder] = process.argv.slice(2);

if (cluster.isPrimary) {
  for (let number = 0; number < Number(processes); number++) cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
} else {
  http.createServer(createIPXNodeServer(createIPX({ storage: ipxFSStorage({ dir: folder }) }))).listen(Number(port), "127.0.0.1");
}
