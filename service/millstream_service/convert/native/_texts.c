/* The lines of a piece of text that hold a needle: convert/logs/text_lines.py says what this does, and does the same in Python.
 *
 * It works without Python's lock, so that several pieces are looked through side by side.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "_module.h"

enum { MAX_AT_ONCE = 256, BLOCK = 64 };

/* A line: its index, and where it begins. */
typedef struct {
    size_t index, begin;
} Place;

static size_t count_of(const char *text, size_t size, char wanted)
{
    size_t count = 0;
    for (size_t at = 0; at < size; at++)
        count += text[at] == wanted;
    return count;
}

static const char *first_of(const char *text, const char *end, const char *needle, size_t size)
{
    for (; text < end; text++)
        if (*text == *needle && !memcmp(text, needle, size))
            return text;
    return NULL;
}

/* Return where the needle first occurs in a text, or NULL. Its first and its last byte are looked for in a block of
 * places at once, which compilers turn into instructions on many bytes:
 * http://0x80.pl/notesen/2016-11-28-simd-strfind.html, "generic SIMD". */
static const char *occurrence(const char *text, size_t text_size, const char *needle, size_t size)
{
    if (size > text_size)
        return NULL;
    const char first = needle[0], last = needle[size - 1], *end = text + (text_size - size) + 1;
    for (; end - text >= BLOCK; text += BLOCK) {
        const char *const ends = text + size - 1;
        unsigned char candidates = 0;
        for (int place = 0; place < BLOCK; place++)
            candidates |= (text[place] == first) & (ends[place] == last);
        const char *found = candidates ? first_of(text, text + BLOCK, needle, size) : NULL;
        if (found)
            return found;
    }
    return first_of(text, end, needle, size);
}

/* Find lines that hold the needle, `most` of them at the most, from the line of a place on. Return how many. */
static size_t find(const char *text, size_t size, const char *needle, size_t needle_size, Place from, Place *found,
                   size_t most)
{
    size_t count = 0;
    while (count < most && from.begin < size) {
        const char *hit = occurrence(text + from.begin, size - from.begin, needle, needle_size);
        if (!hit)
            break;
        size_t begin = (size_t)(hit - text);
        while (begin > from.begin && text[begin - 1] != '\n')
            begin--;
        from.index += count_of(text + from.begin, begin - from.begin, '\n');
        found[count++] = (Place){from.index++, begin};
        const char *end = memchr(hit, '\n', size - (size_t)(hit - text));
        if (!end)
            break;
        from.begin = (size_t)(end - text) + 1;
    }
    return count;
}

static PyObject *holding(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *text, *needle;
    Py_ssize_t size, needle_size, index, begin;
    Place found[MAX_AT_ONCE];
    if (!PyArg_ParseTuple(args, "y#y#nn:holding", &text, &size, &needle, &needle_size, &index, &begin))
        return NULL;
    if (index < 0 || begin < 0 || !needle_size) {
        PyErr_SetString(PyExc_ValueError, "there is no such line, or nothing to look for");
        return NULL;
    }
    size_t count;
    const Place from = {(size_t)index, (size_t)begin};
    Py_BEGIN_ALLOW_THREADS
    count = find(text, (size_t)size, needle, (size_t)needle_size, from, found, MAX_AT_ONCE);
    Py_END_ALLOW_THREADS
    PyObject *places = PyList_New((Py_ssize_t)count);
    for (size_t at = 0; places && at < count; at++) {
        PyObject *place = Py_BuildValue("nn", (Py_ssize_t)found[at].index, (Py_ssize_t)found[at].begin);
        if (place)
            PyList_SET_ITEM(places, (Py_ssize_t)at, place);
        else
            Py_CLEAR(places);
    }
    return places;
}

static PyMethodDef functions[] = {
    {"holding", holding, METH_VARARGS, PyDoc_STR("Return lines that hold a needle: see convert.text_lines.")},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_texts",
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__texts(void)
{
    return PyModuleDef_Init(&module);
}
