// Invoke the date action, and tell the date that it answers
func main(args: [String: Any]) -> [String: Any] {
    let answer = Whisk.invoke(actionNamed: "/whisk.system/utils/date", withParameters: [:])
    let response = answer["response"] as? [String: Any] ?? [:]
    let result = response["result"] as? [String: Any] ?? [:]
    print("It is now \(result["date"] ?? "unknown")")
    return result
}
