# What any program does: work hard, use threads, a child process, files, TCP and names. Then it stays and answers on its port.
require "socket"
port, directory = Integer(ARGV[0]), ARGV[1]
raise "cannot count" unless (1..1_000_000).sum.positive?
Array.new(8) { Thread.new { (1..100_000).sum } }.each(&:join)
raise "no child" unless `/bin/echo child` == "child\n"
server = TCPServer.new("localhost", port)
File.write("#{directory}/done", RUBY_VERSION)
loop do
  client = server.accept
  client.gets
  client.print "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"
  client.close
end
