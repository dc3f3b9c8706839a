{{/* Refuses what would fail half-way: nothing is created then. */}}
{{- define "weft.checks" -}}
{{- with .Values.pool }}
{{- if .create }}
{{- include "weft.checkRange" (dict "key" "pool.cidr" "cidr" .cidr) }}
{{- with .secondCidr }}
{{- include "weft.checkRange" (dict "key" "pool.secondCidr" "cidr" .) }}
{{- end }}
{{- if and .secondCidr (eq (contains ":" .cidr) (contains ":" .secondCidr)) }}
{{- fail (printf "pool.secondCidr %s is of the same family as pool.cidr %s: it is for the other family; make a second IPPool for a second range" .secondCidr .cidr) }}
{{- end }}
{{- end }}
{{- end }}
{{- $ofOperator := list "WEFT_NODE_NAME" "WEFT_POD_NAME" "WEFT_METRICS_ADDRESS" "WEFT_POD_IPS" }}
{{- $ofAgent := list "WEFT_NODE_NAME" "WEFT_HTTP_PORT" }}
{{- if .Values.apiServer.host }}
{{- $ofOperator = concat $ofOperator (list "KUBERNETES_SERVICE_HOST" "KUBERNETES_SERVICE_PORT") }}
{{- $ofAgent = concat $ofAgent (list "KUBERNETES_SERVICE_HOST" "KUBERNETES_SERVICE_PORT") }}
{{- end }}
{{- if .Values.agent.heapMegabytes }}
{{- $ofAgent = append $ofAgent "_JAVA_OPTIONS" }}
{{- end }}
{{- include "weft.checkEnv" (dict "key" "operator.extraEnv" "env" .Values.operator.extraEnv "own" $ofOperator) }}
{{- include "weft.checkEnv" (dict "key" "agent.extraEnv" "env" .Values.agent.extraEnv "own" $ofAgent) }}
{{- $installed := lookup "rbac.authorization.k8s.io/v1" "ClusterRole" "" "weft-operator" }}
{{- with $installed }}
{{- $by := dig "metadata" "annotations" (dict) $installed }}
{{- $name := index $by "meta.helm.sh/release-name" | default "" }}
{{- $namespace := index $by "meta.helm.sh/release-namespace" | default "" }}
{{- if or (ne $name $.Release.Name) (ne $namespace $.Release.Namespace) }}
{{- fail (printf "Weft is in this cluster already, as release %q in namespace %q: a cluster has one; upgrade that one, or uninstall it first" $name $namespace) }}
{{- end }}
{{- end }}
{{- end }}

{{/* A variable of the chart's own, or one twice: server-side apply refuses it, after half of the rest. */}}
{{- define "weft.checkEnv" -}}
{{- $seen := .own }}
{{- range .env }}
{{- if has .name $seen }}
{{- fail (printf "%s sets %s, which %s already: leave it out" $.key .name (ternary "the chart sets" "it sets" (has .name $.own))) }}
{{- end }}
{{- $seen = append $seen .name }}
{{- end }}
{{- end }}

{{/*
A range whose host bits are 0, as far as whole octets and the closing "::" show: the mistake that is made most. The API
server checks every range by the CRD's rules, but then there is a failed release.
*/}}
{{- define "weft.checkRange" -}}
{{- $octets := list "[0-9]+([.]0){3}/[0-8]" "([0-9]+[.]){2}0[.]0/(9|1[0-6])" "([0-9]+[.]){3}0/(1[7-9]|2[0-4])" "([0-9]+[.]){3}[0-9]+/(2[5-9]|3[0-2])" }}
{{- $groups := list "[0-9a-f:]*::/([0-9]|[1-5][0-9]|6[0-4])" "[0-9a-f:]+/(6[5-9]|[7-9][0-9]|1[01][0-9]|12[0-8])" }}
{{- if not (regexMatch (printf "^(%s)$" (concat $octets $groups | join "|")) .cidr) }}
{{- fail (printf "%s %s has host bits set or is no range: write it like 10.244.0.0/16 or fd00:244::/48" .key .cidr) }}
{{- end }}
{{- end }}
