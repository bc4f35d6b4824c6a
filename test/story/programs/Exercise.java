import com.sun.net.httpserver.HttpServer;
import java.net.*;
import java.net.http.*;
import java.nio.file.*;
import java.util.stream.*;

/** What any program does: work hard enough to be compiled, use threads, a child process, files, HTTP and names. Then it stays. */
public class Exercise {
  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    long sum = 0;
    for (long n = 0; n < 20_000_000L; n++) sum += n % 7;
    sum += IntStream.range(0, 1_000_000).parallel().mapToLong(n -> n).sum();
    if (new ProcessBuilder("/bin/echo", "child").start().waitFor() != 0) throw new Exception("no child");
    InetAddress.getByName("localhost");
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.createContext("/", exchange -> {
      exchange.sendResponseHeaders(200, 0);
      exchange.close();
    });
    server.start();
    HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/")).build();
    HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding());
    Files.writeString(Path.of(arguments[1], "done"), Long.toString(sum));
  }
}
