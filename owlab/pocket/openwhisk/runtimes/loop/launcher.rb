# Calls one Ruby method for each line of the standard input: ruby launcher.rb FILE METHOD.
require 'json'

file, name = ARGV
answers = IO.for_fd(3, 'w')
$stdout.sync = $stderr.sync = answers.sync = true
$LOAD_PATH.unshift(File.dirname(file))
ARGV.clear

begin
  load file
  raise NoMethodError, "undefined method `#{name}'" unless Object.private_method_defined?(name) || respond_to?(name, true)
rescue Exception => error # rubocop:disable Lint/RescueException
  warn error.full_message(highlight: false)
  answers.puts JSON.generate('error' => error.message)
  exit! 1
end
answers.puts JSON.generate('ok' => true)

while (line = $stdin.gets)
  request = JSON.parse(line)
  value = request.delete('value') || {}
  request.each { |key, text| ENV["__OW_#{key.upcase}"] = text.to_s }
  begin
    result = send(name, value)
    answers.puts JSON.generate(result)
  rescue StandardError => error
    warn error.full_message(highlight: false)
    answers.puts JSON.generate('error' => error.message)
  end
end
