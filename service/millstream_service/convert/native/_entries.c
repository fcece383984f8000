/* Entries that come in, and the lines that they make: convert/logs/entry_lines.py says what this does.
 *
 * What is taken is what clients usually send. Anything else is left to Python, which knows what is wrong with it.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_module.h"
#include "_wire.h"

enum {
    ENTRY = 4 << 3 | 2, /* AppendBuildLogsRequest.entries */
    WIRE_TYPE = 7,
    VARINT = 0,
    DELIMITED = 2,
};
/* No more than what convert/logs/logs.py and convert/fields.py allow: tests/convert/logs/test_entry_lines.py compares them. */
enum { INFO = 2, MAX_LEVEL = 4, MAX_CATEGORY = 255, LINE_BYTES = 1 << 20, MAX_NANOS = 999999999 };
static const unsigned long long MAX_SECONDS = 8999999999;

/* An entry: its bytes up to where its level goes, and from there on. Without a category, that is empty. */
typedef struct {
    Bytes before, after, category;
    unsigned char level;
    int has_level, has_time;
} Entry;

/* Move behind a field that is not ours. Return whether it is of a type that requests have. */
static int skip_field(Reader *reader)
{
    unsigned long long tag, number;
    Bytes bytes;
    if (!read_varint(reader, &tag))
        return 0;
    return (tag & WIRE_TYPE) == VARINT ? read_varint(reader, &number)
                                       : (tag & WIRE_TYPE) == DELIMITED && read_bytes(reader, &bytes);
}

static int is_time(Bytes timestamp)
{
    unsigned long long seconds, nanos;
    return read_time(timestamp, &seconds, &nanos) && seconds <= MAX_SECONDS && nanos <= MAX_NANOS;
}

static int is_category(Bytes name)
{
    for (size_t index = 0; index < name.size; index++)
        if (name.data[index] < ' ' || name.data[index] > '~')
            return 0;
    return name.size > 0 && name.size <= MAX_CATEGORY;
}

/* Read an entry whose fields stand in order. Return whether it is a usual one. */
static int read_entry(Bytes data, Entry *entry)
{
    Reader reader = reader_of(data);
    Bytes content, timestamp;
    unsigned long long level = INFO;
    *entry = (Entry){.category = {(const unsigned char *)"", 0}};
    if (next_is(&reader, CATEGORY) && !(read_bytes(&reader, &entry->category) && is_category(entry->category)))
        return 0;
    entry->before = (Bytes){data.data, (size_t)(reader.at - data.data)};
    entry->after = (Bytes){reader.at, (size_t)(reader.end - reader.at)};
    entry->has_level = next_is(&reader, LEVEL);
    if (entry->has_level && !read_varint(&reader, &level))
        return 0;
    entry->level = (unsigned char)level;
    if (next_is(&reader, CONTENT) && !read_bytes(&reader, &content))
        return 0;
    entry->has_time = next_is(&reader, CREATED_AT);
    if (entry->has_time && !(read_bytes(&reader, &timestamp) && is_time(timestamp)))
        return 0;
    return reader.at == reader.end && level > 0 && level <= MAX_LEVEL && data.size <= LINE_BYTES;
}

/* Return the bytes of an entry, with its level and its time (`now`, a field, where it has none). */
static PyObject *part_of(const Entry *entry, Bytes now)
{
    const Bytes level = {(const unsigned char[]){LEVEL, INFO}, entry->has_level ? 0 : 2};
    const Bytes time = {now.data, entry->has_time ? 0 : now.size};
    const size_t size = entry->before.size + level.size + entry->after.size + time.size;
    PyObject *part = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (part)
        put(put(put(put((unsigned char *)PyBytes_AS_STRING(part), entry->before), level), entry->after), time);
    return part;
}

/* Append an object to a list, and let go of it. Return whether that went well. */
static int push(PyObject *list, PyObject *object)
{
    const int done = object && PyList_Append(list, object) == 0;
    Py_XDECREF(object);
    return done;
}

/* Return the text of a category: the object of the entry before, where that has the same. */
static PyObject *category_of(const Entry *entry, PyObject *categories)
{
    const Py_ssize_t count = PyList_GET_SIZE(categories);
    if (count) {
        PyObject *last = PyList_GET_ITEM(categories, count - 1);
        if ((size_t)PyUnicode_GET_LENGTH(last) == entry->category.size &&
            !memcmp(PyUnicode_1BYTE_DATA(last), entry->category.data, entry->category.size)) {
            Py_INCREF(last);
            return last;
        }
    }
    return PyUnicode_FromStringAndSize((const char *)entry->category.data, (Py_ssize_t)entry->category.size);
}

/* Fill the lists from a request. Return 1; 0 where it is left to Python; -1 with an exception. */
static int fill(Reader *request, Bytes now, PyObject *parts, PyObject *levels, PyObject *categories)
{
    while (request->at < request->end) {
        Bytes data;
        Entry entry;
        if (!next_is(request, ENTRY)) {
            if (!skip_field(request))
                return 0;
            continue;
        }
        if (!read_bytes(request, &data) || !read_entry(data, &entry))
            return 0;
        if (!push(parts, part_of(&entry, now)) || !push(levels, PyLong_FromLong(entry.level)) ||
            !push(categories, category_of(&entry, categories)))
            return -1;
    }
    return 1;
}

static PyObject *take(PyObject *Py_UNUSED(module), PyObject *args)
{
    Bytes data, now;
    Py_ssize_t size, now_size;
    if (!PyArg_ParseTuple(args, "y#y#:take", &data.data, &size, &now.data, &now_size))
        return NULL;
    now.size = (size_t)now_size;
    Reader request = {data.data, data.data + size};
    PyObject *parts = PyList_New(0), *levels = PyList_New(0), *categories = PyList_New(0), *found = NULL;
    const int filled = parts && levels && categories ? fill(&request, now, parts, levels, categories) : -1;
    if (filled >= 0)
        found = filled ? PyTuple_Pack(3, parts, levels, categories) : Py_NewRef(Py_None);
    Py_XDECREF(parts);
    Py_XDECREF(levels);
    Py_XDECREF(categories);
    return found;
}

/* Return the part of an index; without data, with an exception, where that is not bytes. */
static Bytes part_at(PyObject *parts, Py_ssize_t index)
{
    char *data = NULL;
    Py_ssize_t size = 0;
    if (PyBytes_AsStringAndSize(PyList_GET_ITEM(parts, index), &data, &size) < 0)
        return (Bytes){0};
    return (Bytes){(const unsigned char *)data, (size_t)size};
}

/* Return the size of the lines from `start` on, one or as many as have room in `most`, and set the end of these.
 * Return 0, with an exception, where a part is not bytes. */
static size_t size_of(PyObject *parts, Bytes build_id, long long seq_of_zero, Py_ssize_t start, size_t most,
                      Py_ssize_t *end)
{
    size_t size = 0;
    for (*end = start; *end < PyList_GET_SIZE(parts); ++*end) {
        const Bytes part = part_at(parts, *end);
        if (!part.data)
            return 0;
        const Numbered line = numbered(build_id, (unsigned long long)(seq_of_zero + *end));
        const size_t more = field_size(numbered_size(&line, build_id) + part.size);
        if (size && size + more > most)
            break;
        size += more;
    }
    return size;
}

/* Return the lines from `start` on, as many as have room in `most`, and set the end of these; NULL with an exception. */
static PyObject *made_of(PyObject *parts, Bytes build_id, long long seq_of_zero, Py_ssize_t start, Py_ssize_t most,
                         Py_ssize_t *end)
{
    if (start < 0 || start >= PyList_GET_SIZE(parts) || most < 0 || seq_of_zero + start < 1) {
        PyErr_SetString(PyExc_ValueError, "there are no such lines");
        return NULL;
    }
    const size_t size = size_of(parts, build_id, seq_of_zero, start, (size_t)most, end);
    PyObject *made = size ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size) : NULL;
    if (!made)
        return NULL;
    unsigned char *at = (unsigned char *)PyBytes_AS_STRING(made);
    for (Py_ssize_t index = start; index < *end; index++) {
        const Bytes part = part_at(parts, index);
        const Numbered line = numbered(build_id, (unsigned long long)(seq_of_zero + index));
        at = put(put_numbered(at, &line, build_id, numbered_size(&line, build_id) + part.size), part);
    }
    return made;
}

static PyObject *lines(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *parts;
    Bytes build_id;
    long long seq_of_zero;
    Py_ssize_t id_size, start, most, end;
    if (!PyArg_ParseTuple(args, "O!y#Lnn:lines", &PyList_Type, &parts, &build_id.data, &id_size, &seq_of_zero, &start,
                          &most))
        return NULL;
    build_id.size = (size_t)id_size;
    PyObject *made;
    Py_BEGIN_CRITICAL_SECTION(parts);
    made = made_of(parts, build_id, seq_of_zero, start, most, &end);
    Py_END_CRITICAL_SECTION();
    return made ? Py_BuildValue("Nn", made, end) : NULL;
}

static PyMethodDef functions[] = {
    {"take", take, METH_VARARGS, PyDoc_STR("Return the entries of a request: see convert.entry_lines.")},
    {"lines", lines, METH_VARARGS, PyDoc_STR("Return the lines that entries make: see convert.entry_lines.")},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_entries",
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__entries(void)
{
    return PyModuleDef_Init(&module);
}
