// Calls one static Java method for each line of the standard input:
// java --source 11 -cp ACTION:GSON Launcher.java CLASS[#METHOD]
// It is compiled as it starts, so that it knows Gson by reflection alone: the action has its own.
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.Map;

public class Launcher {
    private static final ClassLoader LOADER = ClassLoader.getSystemClassLoader();
    private static final String FAILED = "An error has occurred (see logs for details): ";
    private static final String THROWN =
        "An error has occured while invoking the action (see logs for details): ";

    public static void main(String[] words) throws Exception {
        PrintStream answers = new PrintStream(new FileOutputStream(third()), true, "UTF-8");
        Method action;
        Method parse;
        try {
            parse = gson("JsonParser").getMethod("parseString", String.class);
            action = method(words[0]);
        } catch (Throwable problem) {
            problem.printStackTrace();
            answers.println(error(FAILED + problem));
            System.exit(1);
            return;
        }
        answers.println("{\"ok\":true}");
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            answers.println(answered(action, parse, line));
        }
    }

    private static String answered(Method action, Method parse, String line) {
        try {
            Object request = parse.invoke(null, line);
            Object value = gson("JsonObject").getMethod("remove", String.class)
                .invoke(request, "value");
            told(request);
            Object result = action.invoke(null, value);
            if (result == null) {
                throw new NullPointerException("The action returned null");
            }
            return result.toString();
        } catch (InvocationTargetException thrown) {
            Throwable cause = thrown.getCause();
            cause.printStackTrace();
            return error(THROWN + cause);
        } catch (Throwable problem) {
            problem.printStackTrace();
            return error(FAILED + problem);
        } finally {
            System.out.flush();
            System.err.flush();
        }
    }

    private static Method method(String entry) throws Exception {
        String[] parts = entry.split("#");
        String name = parts.length > 1 ? parts[1] : "main";
        Class<?> type = LOADER.loadClass(parts[0]);
        Method found;
        try {
            found = type.getMethod(name, gson("JsonObject"));
        } catch (NoSuchMethodException missing) {
            try {
                found = type.getMethod(name, gson("JsonArray"));
            } catch (NoSuchMethodException none) {
                throw missing;
            }
        }
        if (!Modifier.isStatic(found.getModifiers())) {
            throw new NoSuchMethodException(name);
        }
        found.setAccessible(true);
        return found;
    }

    /** What belongs to the call becomes environment, as in OpenWhisk's image. */
    @SuppressWarnings("unchecked")
    private static void told(Object request) throws Exception {
        Map<String, String> env = System.getenv();
        Field inner = env.getClass().getDeclaredField("m");
        inner.setAccessible(true);
        Map<String, String> known = (Map<String, String>) inner.get(env);
        Method asString = gson("JsonElement").getMethod("getAsString");
        Object entries = gson("JsonObject").getMethod("entrySet").invoke(request);
        for (Map.Entry<String, Object> entry : (Iterable<Map.Entry<String, Object>>) entries) {
            known.put("__OW_" + entry.getKey().toUpperCase(), (String) asString.invoke(entry.getValue()));
        }
    }

    private static Class<?> gson(String name) throws ClassNotFoundException {
        return LOADER.loadClass("com.google.gson." + name);
    }

    private static String error(String text) {
        StringBuilder quoted = new StringBuilder();
        for (char letter : text.toCharArray()) {
            if (letter == '"' || letter == '\\' || letter < ' ') {
                quoted.append(String.format("\\u%04x", (int) letter));
            } else {
                quoted.append(letter);
            }
        }
        return "{\"error\":\"" + quoted + "\"}";
    }

    private static FileDescriptor third() throws Exception {
        FileDescriptor made = new FileDescriptor();
        Field number = FileDescriptor.class.getDeclaredField("fd");
        number.setAccessible(true);
        number.setInt(made, 3);
        return made;
    }
}
