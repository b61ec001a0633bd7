// Serves a folder's files by HTTP on a port of loopback: what stands in for an issuer of tokens.
// java FileServer.java PORT FOLDER

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

class FileServer {
    public static void main(String[] arguments) throws Exception {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]));
        var folder = Path.of(arguments[1]);
        var server = HttpServer.create(address, 0);
        server.createContext("/", exchange -> {
            var file = folder.resolve(exchange.getRequestURI().getPath().substring(1));
            var found = Files.isRegularFile(file);
            var body = found ? Files.readAllBytes(file) : new byte[0];
            exchange.sendResponseHeaders(found ? 200 : 404, found ? body.length : -1);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }
}
