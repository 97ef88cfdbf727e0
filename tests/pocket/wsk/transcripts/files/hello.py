def main(args):
    print("py hi")
    return {"greeting": "Hello " + args.get("name", "stranger")}


def other(args):
    return {"other": True}
