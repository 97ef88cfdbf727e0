// Equivalent to unix cat command
func main(args: [String: Any]) -> [String: Any] {
    let lines = args["lines"] as? [Any] ?? []
    let payload = lines.map { "\($0)\n" }.joined()
    return ["lines": lines, "payload": payload]
}
