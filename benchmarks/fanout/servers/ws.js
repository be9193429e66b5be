// `ws`: everybody who is connected gets the body of each request to /publish/.
const http = require("http");
const { WebSocketServer, WebSocket } = require("ws");

const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => { body += chunk; });
  request.on("end", () => {
    for (const socket of sockets.clients) {
      if (socket.readyState === WebSocket.OPEN) socket.send(body);
    }
    response.end();
  });
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket) => { socket.send("ready"); });
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
