// socket.io: the room gets the body of each request to /publish/.
const http = require("http");
const { Server } = require("socket.io");

const server = http.createServer((request, response) => {
  if (!request.url.startsWith("/publish/")) return;
  let body = "";
  request.on("data", (chunk) => { body += chunk; });
  request.on("end", () => {
    sockets.to("talk").emit("m", JSON.parse(body));
    response.end();
  });
});
const sockets = new Server(server, { transports: ["websocket"] });
sockets.on("connection", (socket) => { socket.join("talk"); });
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
