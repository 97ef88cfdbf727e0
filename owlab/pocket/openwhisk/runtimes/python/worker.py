"""Runs one Python action in a process of its own, which the supervisor makes.

Requests and replies are frames on the descriptor: four bytes of length, then JSON. What the action
prints goes to the ordinary standard streams; a sentinel line on both ends each request's output.
"""

import importlib.machinery
import io
import json
import os
import sys
import traceback
from typing import Any

Json = dict[str, Any]
SENTINEL = "XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX"
NOT_A_DICTIONARY = "The action did not return a dictionary or array."


# What the Python runtime's image has, and what that needs: found here as far as it is installed.
PACKAGES = frozenset({
    "requests", "urllib3", "idna", "certifi", "charset_normalizer", "chardet", "bs4",
    "soupsieve", "typing_extensions", "dateutil", "six", "lxml", "simplejson", "httplib2",
    "pyparsing", "kafka", "flask", "jinja2", "markupsafe", "werkzeug", "itsdangerous", "click",
    "blinker", "gevent", "greenlet", "zope", "twisted", "constantly", "incremental", "automat",
    "attr", "attrs", "hyperlink", "virtualenv", "distlib", "filelock", "platformdirs", "scrapy",
    "parsel", "w3lib", "cssselect", "itemadapter", "itemloaders", "queuelib", "tldextract",
    "service_identity", "OpenSSL", "cryptography", "pyasn1", "pyasn1_modules", "protego",
    "defusedxml", "yaml", "pydispatch", "jmespath", "requests_file", "packaging", "cffi",
    "_cffi_backend",
})  # fmt: skip


class ImagePackages:
    """Finds the image's packages among this computer's, and no others."""

    def __init__(self, directories: list[str]) -> None:
        self._directories = directories

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        if path is None and name in PACKAGES:
            return importlib.machinery.PathFinder.find_spec(name, self._directories)
        return None

    def invalidate_caches(self) -> None:
        """Nothing is kept."""


def set_environment(given: Json) -> None:
    """Parameters of any type as variables: text as it is, the others as JSON."""
    for name, value in given.items():
        os.environ[name] = value if isinstance(value, str) else json.dumps(value)


class Action:
    """The function that the user wrote, once it is loaded."""

    def __init__(self) -> None:
        self._main: Any = None
        self._directory = ""

    def tell(self, error: BaseException) -> None:
        """The traceback of the action's own lines, with paths as they are in a container."""
        own = error.__traceback__
        while own is not None and own.tb_frame.f_code.co_filename == __file__:
            own = own.tb_next
        text = "".join(traceback.format_exception(type(error), error, own))
        print(text.replace(self._directory, "/action"), end="", file=sys.stderr)

    def init(self, request: Json) -> Json:
        set_environment(request["env"])
        directory, main = request["directory"], request["main"]
        self._directory = directory
        source = f"{directory}/{request['file']}"
        sys.meta_path.append(ImagePackages(request["packages"]))
        sys.path[:0] = [directory, *request["paths"]]
        os.chdir(directory)
        try:
            with io.open_code(source) as file:
                code = compile(file.read(), source, "exec")
            names = {"__name__": "__main__", "__file__": source, "__builtins__": __builtins__}
            exec(code, names)
            self._main = names[main]
            if not callable(self._main):
                raise TypeError(f"'{main}' is not a function")
        except KeyError as error:
            print(f"Cannot find the function {error} in the action.", file=sys.stderr)
        except BaseException as error:
            self.tell(error)
        else:
            return {"ok": True}
        self._main = None
        return {"ok": False, "body": {"error": "Cannot start action. Check logs for details."}}

    def run(self, request: Json) -> Json:
        set_environment(request["env"])
        try:
            result = self._main(request["value"])
        except Exception as error:
            self.tell(error)
            return {"ok": True, "body": {"error": str(error)}}
        if not isinstance(result, dict | list):
            return {"ok": False, "body": {"error": NOT_A_DICTIONARY}}
        try:
            json.dumps(result, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            print(f"the result is not JSON: {error}", file=sys.stderr)
            return {"ok": False, "body": {"error": NOT_A_DICTIONARY}}
        return {"ok": True, "body": result}


def read_exactly(descriptor: int, length: int) -> bytes:
    data = b""
    while len(data) < length:
        chunk = os.read(descriptor, length - len(data))
        if not chunk:
            # The lab is gone: nobody waits for the action. While it runs, the supervisor ends it.
            os._exit(0)
        data += chunk
    return data


def send(descriptor: int, reply: Json) -> None:
    data = json.dumps(reply).encode()
    data = len(data).to_bytes(4, "big") + data
    while data:
        data = data[os.write(descriptor, data) :]


def serve(descriptor: int) -> None:
    action = Action()
    os.set_inheritable(descriptor, False)
    while True:
        length = int.from_bytes(read_exactly(descriptor, 4), "big")
        request = json.loads(read_exactly(descriptor, length))
        reply = getattr(action, request["op"])(request)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            print(SENTINEL, file=stream, flush=True)
        send(descriptor, reply)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
