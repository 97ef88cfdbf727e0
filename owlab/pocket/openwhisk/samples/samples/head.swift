// Returns the first num lines of an array
func main(args: [String: Any]) -> [String: Any] {
    let lines = args["lines"] as? [Any] ?? []
    let num = args["num"] as? Int ?? 1
    return ["lines": Array(lines.prefix(num)), "num": num]
}
