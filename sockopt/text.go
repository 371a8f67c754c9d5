package sockopt

import (
	"encoding"
	"encoding/hex"
	"fmt"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parseText sets v to the value that text spells, as [Info.SetText] documents.
func parseText(v reflect.Value, text string) error {
	if err := parseInto(v, text); err != nil {
		return fmt.Errorf("%q is not a %v: %w", text, v.Type(), errValue)
	}
	return nil
}

func parseInto(v reflect.Value, text string) error {
	switch p := v.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		return p.UnmarshalText([]byte(text))
	case *time.Duration:
		d, err := time.ParseDuration(text)
		*p = d
		return err
	case *[]byte:
		b, err := hex.DecodeString(text)
		*p = b
		return err
	case *net.HardwareAddr:
		a, err := net.ParseMAC(text)
		*p = a
		return err
	}
	switch v.Kind() {
	case reflect.Bool:
		switch strings.ToLower(text) {
		case "on", "yes":
			text = "true"
		case "off", "no":
			text = "false"
		}
		b, err := strconv.ParseBool(text)
		v.SetBool(b)
		return err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(text, 0, v.Type().Bits())
		v.SetInt(n)
		return err
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Uintptr:
		n, err := strconv.ParseUint(text, 0, v.Type().Bits())
		v.SetUint(n)
		return err
	case reflect.String:
		v.SetString(text)
		return nil
	case reflect.Struct:
		return parseFields(v, text)
	case reflect.Slice:
		return parseList(v, text)
	case reflect.Array:
		return parseSet(v, text)
	}
	return errValue
}

// hasFields reports whether a type's text is its fields.
func hasFields(t reflect.Type) bool {
	return t.Kind() == reflect.Struct &&
		!reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// parseList reads "element;element".
func parseList(v reflect.Value, text string) error {
	list := reflect.MakeSlice(v.Type(), 0, 0)
	if text != "" {
		for part := range strings.SplitSeq(text, ";") {
			element := reflect.New(v.Type().Elem()).Elem()
			if err := parseInto(element, strings.TrimSpace(part)); err != nil {
				return err
			}
			list = reflect.Append(list, element)
		}
	}
	v.Set(list)
	return nil
}

// parseSet reads "number;number" into an array of booleans.
func parseSet(v reflect.Value, text string) error {
	if v.Type().Elem().Kind() != reflect.Bool {
		return errValue
	}
	var members []uint8
	if err := parseList(reflect.ValueOf(&members).Elem(), text); err != nil {
		return err
	}
	v.SetZero()
	for _, i := range members {
		if int(i) >= v.Len() {
			return errValue
		}
		v.Index(int(i)).SetBool(true)
	}
	return nil
}

// parseFields reads "Name=value,Name=value". Fields not named stay as they are.
func parseFields(v reflect.Value, text string) error {
	if text == "" {
		return nil
	}
	var named []string
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		field := v.FieldByName(name)
		if !ok || !field.IsValid() || !field.CanSet() || slices.Contains(named, name) {
			return errValue
		}
		named = append(named, name)
		if err := parseInto(field, strings.TrimSpace(value)); err != nil {
			return err
		}
	}
	return nil
}
